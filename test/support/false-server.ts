/**
 * A server of the MySQL protocol that is none: it greets, asks for whatever the test says, and keeps what it is sent.
 * It has an RSA key and a TLS certificate of its own, and tries both on what it gets, as a thief would.
 */
import { constants, createHash, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

const SCRAMBLE = Buffer.from('abcdefghijklmnopqrst');
const PLUGIN_AUTH = 0x0008_0000;
const SSL = 0x0800;
/** LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, LOCAL_FILES, PLUGIN_AUTH. */
const CAPABILITIES = 0x0000_0001 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80 | PLUGIN_AUTH;
export const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);

export interface FalseServer {
  readonly port: number;
  readonly publicKey: string;
  /** Payloads of the client's packets, in order. */
  readonly packets: readonly Buffer[];
  /** Whether the text was sent as it is, or so that the server's own key opens it. */
  knows(secret: string): boolean;
  stop(): Promise<void>;
}

export interface FalseServerOptions {
  /** Plugin in the greeting. */
  readonly plugin?: string;
  /** Says that it speaks TLS, and does by this. */
  readonly tls?: SecureContext;
  /** What to send for the client's packet number `index`, from 0; undefined: hang up. */
  answer(index: number, packet: Buffer): Buffer | undefined;
}

export async function startFalseServer(options: FalseServerOptions): Promise<FalseServer> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const packets: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let index = 0;
    socket.write(packet(0, greeting(options)));
    const listen = (stream: Socket) => {
      let kept = Buffer.alloc(0);
      stream.on('error', () => {});
      stream.on('data', (bytes) => {
        kept = Buffer.concat([kept, bytes]);
        while (kept.length >= 4 && kept.length >= 4 + kept.readUIntLE(0, 3)) {
          const length = kept.readUIntLE(0, 3);
          const payload = Buffer.from(kept.subarray(4, 4 + length));
          const sequence = kept[3];
          kept = kept.subarray(4 + length);
          packets.push(payload);
          if (options.tls !== undefined && index === 0 && stream === socket && payload.length === 32) {
            // The rest belongs to TLS.
            socket.removeAllListeners('data');
            socket.pause();
            if (kept.length > 0) socket.unshift(kept);
            return listen(new TLSSocket(socket, { isServer: true, secureContext: options.tls }));
          }
          const answer = options.answer(index++, payload);
          if (answer === undefined) return stream.destroy();
          stream.write(packet(sequence + 1, answer));
        }
      });
    };
    listen(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    publicKey,
    packets,
    knows: (secret) => packets.some((one) => one.includes(secret) || opened(one).includes(secret)),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function opened(payload: Buffer): Buffer {
    if (payload.length !== 256) return Buffer.alloc(0);
    try {
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      const plain = privateDecrypt({ key: keys.privateKey, padding, oaepHash: 'sha1' }, payload);
      return Buffer.from(plain.map((byte, at) => byte ^ SCRAMBLE[at % SCRAMBLE.length]));
    } catch {
      return Buffer.alloc(0);
    }
  }
}

/** Asks for another plugin: an AuthSwitchRequest. */
export function switchTo(plugin: string): Buffer {
  return Buffer.concat([Buffer.from([0xfe]), Buffer.from(`${plugin}\0`), SCRAMBLE, Buffer.from([0])]);
}

/** AuthMoreData. */
export function moreData(data: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from([1]), Buffer.from(data)]);
}

/** An answer to a query that asks for the client's file. */
export function askForFile(path: string): Buffer {
  return Buffer.concat([Buffer.from([0xfb]), Buffer.from(path)]);
}

/** What the client of mysql_native_password sends for a password: the proof that it is no more than that. */
export function nativeProof(password: string): Buffer {
  const sha1 = (...parts: (string | Buffer)[]) => {
    const hash = createHash('sha1');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const once = sha1(password);
  const mask = sha1(SCRAMBLE, sha1(once));
  return Buffer.from(once.map((byte, at) => byte ^ mask[at]));
}

function greeting({ plugin = 'mysql_native_password', tls }: FalseServerOptions): Buffer {
  const capabilities = tls === undefined ? CAPABILITIES : CAPABILITIES | SSL;
  const numbers = Buffer.alloc(2 + 1 + 2 + 2 + 1 + 10);
  numbers.writeUInt16LE(capabilities & 0xffff, 0);
  numbers[2] = 45;
  numbers.writeUInt16LE(2, 3);
  numbers.writeUInt16LE(capabilities >>> 16, 5);
  numbers[7] = SCRAMBLE.length + 1;
  const zero = Buffer.from([0]);
  const head = [Buffer.from([10]), Buffer.from('8.0.36\0'), Buffer.from([1, 0, 0, 0]), SCRAMBLE.subarray(0, 8), zero];
  return Buffer.concat([...head, numbers, SCRAMBLE.subarray(8), zero, Buffer.from(`${plugin}\0`)]);
}

function packet(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence & 0xff;
  return Buffer.concat([header, payload]);
}
