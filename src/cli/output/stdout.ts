/** stdout is data: everything a command prints goes through here, and waits for a slow reader. */

/** Never settles when the reader has gone (EPIPE): the process ends by that event, quietly (bin/settle.ts). */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else if ((error as NodeJS.ErrnoException).code !== 'EPIPE') reject(error);
    });
  });
}
