/** As bash reads it back, and harmless to a terminal. */
export function shellWord(text: string): string {
  if (/^[\p{L}\p{N}_.,:=@%+/-]+$/u.test(text)) return text;
  if (!/\p{C}/u.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(/[\\']/g, '\\$&').replace(/\p{C}/gu, (character) => {
    const code = character.codePointAt(0)!;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `$'${escaped}'`;
}
