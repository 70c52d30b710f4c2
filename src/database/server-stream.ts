/**
 * The socket to a server, reading into one buffer that is used again and again. Node otherwise takes new memory for
 * every 64 KB read: at hundreds of megabytes a second that is garbage faster than it is collected, in every thread.
 */
import { connect, type Socket } from 'node:net';

/** Room for one read; more would not fit the caches. */
const readBytes = 256 * 1024;
const keepAliveAfterMs = 30_000;

export interface ServerStream extends Socket {
  /** Set for as long as somebody takes the bytes in place; they are overwritten after the call. */
  tap?: (bytes: Buffer) => void;
}

/** Connects. Without a tap it behaves as any socket: `data` events carry memory of their own. */
export function connectServerStream(host: string, port: number): ServerStream {
  const stream: ServerStream = connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveAfterMs,
    onread: {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (length, buffer) => {
        const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, length);
        if (stream.tap !== undefined) stream.tap(bytes);
        else stream.emit('data', Buffer.from(bytes));
        return true;
      },
    },
  });
  return stream;
}
