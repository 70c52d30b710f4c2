/**
 * A file of anchors (src/ledger/rules/anchor.ts), one a line, which is only ever appended to. Signed with Ed25519 where a
 * key is given: then nobody without the key can make a line, whoever can write the file.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { usageError } from '../errors.ts';
import { type Anchor, anchorLine, anchorText, parseAnchorLine, type SignedAnchor } from './rules/anchor.ts';

const NEWLINE = 10;
const fileMode = 0o600;
/** Bits of a mode that let others than the owner at a file. */
const othersMode = 0o077;
const keyBytesMax = 10_000;

export interface AnchorTarget {
  /** Path of the file; made when it is not there. */
  readonly file: string;
  /** Path of the private key as PEM; undefined: anchors are not signed. */
  readonly keyFile: string | undefined;
}

export interface AnchorWriter {
  /** Appends a line and waits until it is on the disk. Throws what the file system throws. */
  append(anchor: Anchor): void;
}

/** Makes sure beforehand that anchors can be written. @throws SettleError (exit 2) naming the file and what is wrong */
export function openAnchorFile({ file, keyFile }: AnchorTarget): AnchorWriter {
  const key = keyFile === undefined ? undefined : readPrivateKey(keyFile);
  withFile(file, () => {});
  return {
    append(anchor) {
      const signature = key && sign(null, Buffer.from(anchorText(anchor)), key).toString('base64');
      const line = `${anchorLine({ ...anchor, signature })}\n`;
      withFile(file, (descriptor) => {
        // A line that a full disk or a crash cut short stays alone.
        const text = Buffer.from(endsLine(descriptor) ? line : `\n${line}`);
        if (writeSync(descriptor, text) !== text.length) throw new Error('the line was written in part');
        fsyncSync(descriptor);
      });
    },
  };
}

export interface ReadAnchors {
  /** In the order of the file, with the line of each, from 1. */
  readonly anchors: readonly (SignedAnchor & { readonly line: number })[];
  /** Lines that are no anchors: cut short, or something else. */
  readonly unreadable: readonly number[];
  /** Lines whose signature is missing or wrong; none without a key. */
  readonly forged: readonly number[];
}

/** @param publicKeyFile path of the public key as PEM. @throws SettleError (exit 2) for a file that cannot be read */
export function readAnchors(file: string, publicKeyFile: string | undefined): ReadAnchors {
  const key = publicKeyFile === undefined ? undefined : readPublicKey(publicKeyFile);
  const anchors: (SignedAnchor & { line: number })[] = [];
  const unreadable: number[] = [];
  const forged: number[] = [];
  for (const [i, text] of read(file, 'the file of anchors').split('\n').entries()) {
    if (text === '') continue;
    const anchor = parseAnchorLine(text);
    if (anchor === undefined) unreadable.push(i + 1);
    else if (key !== undefined && !isSigned(anchor, key)) forged.push(i + 1);
    else anchors.push({ ...anchor, line: i + 1 });
  }
  return { anchors, unreadable, forged };
}

function isSigned(anchor: SignedAnchor, key: KeyObject): boolean {
  const { signature } = anchor;
  return (
    signature !== undefined && verify(null, Buffer.from(anchorText(anchor)), key, Buffer.from(signature, 'base64'))
  );
}

/** Opened to be read as well: whether the last line is whole decides how the next begins. */
function withFile(file: string, work: (descriptor: number) => void): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, fileMode);
  } catch (error) {
    throw cannot('write the file of anchors', file, error);
  }
  try {
    work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function endsLine(descriptor: number): boolean {
  const stat = fstatSync(descriptor);
  if (!stat.isFile() || stat.size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, stat.size - 1);
  return last[0] === NEWLINE;
}

function readPrivateKey(file: string): KeyObject {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw cannot('read the key', file, error);
  }
  try {
    const { mode, uid, size } = fstatSync(descriptor);
    const own = process.getuid?.();
    if ((mode & othersMode) !== 0 || (own !== undefined && uid !== own && uid !== 0)) {
      throw usageError(`the key ${file} is open to others than its owner`, `chmod 600 ${file}, and own it`);
    }
    if (size > keyBytesMax) throw usageError(`${file} is no key`);
    return requireEd25519(file, createPrivateKey, readFileSync(descriptor, 'utf8'));
  } finally {
    closeSync(descriptor);
  }
}

function readPublicKey(file: string): KeyObject {
  return requireEd25519(file, createPublicKey, read(file, 'the public key'));
}

function requireEd25519(file: string, make: (pem: string) => KeyObject, pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = make(pem);
  } catch {
    // What OpenSSL says of it may repeat parts of the key.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw usageError(`${file} is no Ed25519 key as PEM`, 'openssl genpkey -algorithm ed25519 makes one');
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw cannot(`read ${what}`, file, error);
  }
}

function cannot(what: string, file: string, error: unknown): Error {
  return usageError(`cannot ${what} ${file}: ${(error as NodeJS.ErrnoException).code}`);
}
