/** Text inside of HTML, SVG and Markdown. Pure. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For element content and quoted attributes. Control characters, which XML has no way to write, become spaces. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML forbids
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, ' ').replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** For a cell of a Markdown table: one line, no column of its own, no markup. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\|`*_<>[\]]/g, (character) => `\\${character}`);
}
