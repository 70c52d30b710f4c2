/** stdout is data: everything a command prints goes through here, and waits for a slow reader. */

export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
