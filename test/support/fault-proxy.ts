/**
 * A TCP proxy between settle and a database server, which breaks what goes through it: connections cut before or after
 * a statement, in the middle of an answer, or all at once; answers that never come; a server that is away for a while;
 * a network that holds back what goes one way or both, and delivers it late; latency. It reads the packets of the client, so that a fault can be aimed at a statement. Plain connections only.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What is to happen where a statement comes by. */
export type Fault =
  /** The statement does not arrive: the client sees a reset connection. */
  | { readonly kind: 'reset-before' }
  /** The statement does not arrive: the client sees an orderly end. */
  | { readonly kind: 'end-before' }
  /** The statement is executed; the connection is reset after so many bytes of its answer (0: before the first). */
  | { readonly kind: 'reset-in-answer'; readonly bytes: number }
  /** The statement does not arrive, nor does anything else from now on, and the connection stays open. */
  | { readonly kind: 'half-open' }
  /** Like a restart of the server: every connection is cut, and none accepted for so long. */
  | { readonly kind: 'restart'; readonly awayMs: number }
  /** The statement goes on when this has ended. */
  | { readonly kind: 'meanwhile'; readonly run: (statement: string) => Promise<void> };

export interface Aim {
  /** Matched with the text of a query, or of a prepared statement whenever it is executed. */
  readonly statement: RegExp;
  /** Which of those that match; default 1, the first. */
  readonly nth?: number;
  /** When set: only on a connection where a statement matched this before, since the last COMMIT or ROLLBACK. */
  readonly after?: RegExp;
  /** When set: only on a connection where no statement matched this, since the last COMMIT or ROLLBACK. */
  readonly notAfter?: RegExp;
}

interface Armed {
  readonly aim: Aim;
  readonly fault: Fault;
  left: number;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** Statements since the last end of a transaction. */
  recent: string[];
  /** Texts of prepared statements by id, and the one whose id is in the next answer. */
  readonly prepared: Map<number, string>;
  preparing: string | undefined;
  isSilent: boolean;
  /** Bytes of answers to let through before the connection is reset. */
  answerLeft: number | undefined;
}

/** To the server, to the client, or both. */
export type Direction = 'up' | 'down' | 'both';

const COM_QUERY = 0x03;
const COM_STMT_PREPARE = 0x16;
const COM_STMT_EXECUTE = 0x17;
const COM_STMT_BULK_EXECUTE = 0xfa;
const ENDS_TRANSACTION = /^\s*(COMMIT|ROLLBACK)\b/i;
const SHOWN_MAX = 120;

export class FaultProxy {
  /** The faults that have struck, as `kind: statement`. */
  readonly struck: string[] = [];
  /** Added to each piece of data in either direction. */
  latencyMs = 0;
  /** Accepts connections, and never says a word on them. */
  isMute = false;
  /** Changes queries on their way. */
  rewrite: ((sql: string) => string) | undefined;
  /** When set, is told every statement: which ones there are to aim at. */
  onStatement: ((statement: string) => void) | undefined;

  readonly #target: URL;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #mute = new Set<Socket>();
  /** What waits for a network that holds it back; undefined where it does not. */
  readonly #held: { up: (() => void)[] | undefined; down: (() => void)[] | undefined } = {
    up: undefined,
    down: undefined,
  };
  #armed: Armed[] = [];
  #awayUntilMs = 0;

  private constructor(target: URL, server: Server) {
    this.#target = target;
    this.#server = server;
    server.on('connection', (client) => this.#accept(client));
  }

  /** In front of the server of this database URL. */
  static async open(databaseUrl: string): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(new URL(databaseUrl), server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** The database URL, by way of the proxy. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** Strikes once. */
  arm(aim: Aim, fault: Fault): void {
    this.#armed.push({ aim, fault, left: aim.nth ?? 1 });
  }

  /** Back to a plain proxy; connections that were made silent are cut. */
  calm(): void {
    this.#armed = [];
    this.struck.length = 0;
    this.latencyMs = 0;
    this.isMute = false;
    this.rewrite = undefined;
    this.onStatement = undefined;
    this.#awayUntilMs = 0;
    this.release();
    for (const link of this.#links) if (link.isSilent) cut(link);
    for (const socket of this.#mute) socket.destroy();
  }

  /** From now on: every connection is cut, and none accepted for so long. */
  restart(awayMs: number): void {
    this.#awayUntilMs = performance.now() + awayMs;
    for (const link of this.#links) cut(link);
  }

  /**
   * From now on nothing passes in that direction, on old connections and on new ones; nobody sees an end or a reset that
   * would have to pass. What was sent meanwhile arrives after `release`.
   */
  hold(direction: Direction): void {
    if (direction !== 'down') this.#held.up ??= [];
    if (direction !== 'up') this.#held.down ??= [];
  }

  release(): void {
    for (const direction of ['up', 'down'] as const) {
      const waiting = this.#held[direction] ?? [];
      this.#held[direction] = undefined;
      for (const send of waiting) send();
    }
  }

  async close(): Promise<void> {
    this.restart(Number.POSITIVE_INFINITY);
    for (const socket of this.#mute) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    if (performance.now() < this.#awayUntilMs) {
      client.resetAndDestroy();
      return;
    }
    if (this.isMute) {
      this.#mute.add(client);
      client.on('close', () => this.#mute.delete(client));
      return;
    }
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port), noDelay: true });
    client.setNoDelay(true);
    const link: Link = {
      client,
      server,
      recent: [],
      prepared: new Map(),
      preparing: undefined,
      isSilent: false,
      answerLeft: undefined,
    };
    this.#links.add(link);
    const gone = () => {
      this.#links.delete(link);
      client.destroy();
      // What was on its way arrives before the end does.
      if (server.writableLength > 0) server.end();
      else server.destroy();
    };
    client.on('error', () => {}).on('close', () => this.#pass('up', gone));
    server.on('error', () => {}).on('close', () => this.#pass('down', gone));
    server.on('data', (bytes) => this.#later('down', () => sendAnswer(link, bytes)));
    this.#readClient(link);
  }

  /** One packet after the other, each only when what was to happen before it has happened. */
  #readClient(link: Link): void {
    let pending: Buffer = Buffer.alloc(0);
    let forwarding = Promise.resolve();
    link.client.on('data', (bytes) => {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readUIntLE(0, 3)) {
        const end = 4 + pending.readUIntLE(0, 3);
        const packet = pending.subarray(0, end);
        pending = pending.subarray(end);
        forwarding = forwarding.then(() => this.#forward(link, packet));
      }
    });
  }

  async #forward(link: Link, original: Buffer): Promise<void> {
    if (link.isSilent || link.client.destroyed) return;
    let packet = original;
    let statement = statementOf(link, packet);
    if (statement !== undefined) {
      if (this.rewrite !== undefined && packet[4] === COM_QUERY) {
        statement = this.rewrite(statement);
        packet = queryPacket(original.subarray(5, textStart(original)), statement);
      }
      this.onStatement?.(statement);
      const fault = this.#faultFor(link, statement);
      if (ENDS_TRANSACTION.test(statement)) link.recent = [];
      else link.recent.push(statement);
      if (fault !== undefined && !(await this.#strike(link, fault, statement))) return;
    }
    this.#later('up', () => link.server.write(packet));
  }

  #faultFor(link: Link, statement: string): Fault | undefined {
    const hit = this.#armed.find(({ aim }) => {
      const { after, notAfter } = aim;
      if (!aim.statement.test(statement)) return false;
      if (notAfter !== undefined && link.recent.some((sql) => notAfter.test(sql))) return false;
      return after === undefined || link.recent.some((sql) => after.test(sql));
    });
    if (hit === undefined || --hit.left > 0) return undefined;
    this.#armed = this.#armed.filter((armed) => armed !== hit);
    return hit.fault;
  }

  /** True when the statement is to go on to the server. */
  async #strike(link: Link, fault: Fault, statement: string): Promise<boolean> {
    this.struck.push(`${fault.kind}: ${statement.slice(0, SHOWN_MAX)}`);
    switch (fault.kind) {
      case 'reset-before':
        cut(link);
        return false;
      case 'end-before':
        link.client.end();
        link.server.destroy();
        return false;
      case 'reset-in-answer':
        link.answerLeft = fault.bytes;
        return true;
      case 'half-open':
        link.isSilent = true;
        return false;
      case 'restart':
        this.restart(fault.awayMs);
        return false;
      case 'meanwhile':
        try {
          await fault.run(statement);
          return true;
        } catch (error) {
          // Nobody else hears of it, and the client would wait.
          this.struck.push(`failed meanwhile: ${error}`);
          cut(link);
          return false;
        }
    }
  }

  #later(direction: 'up' | 'down', send: () => void): void {
    if (this.latencyMs === 0) this.#pass(direction, send);
    else setTimeout(() => this.#pass(direction, send), this.latencyMs);
  }

  #pass(direction: 'up' | 'down', send: () => void): void {
    const waiting = this.#held[direction];
    if (waiting === undefined) send();
    else waiting.push(send);
  }
}

function sendAnswer(link: Link, bytes: Buffer): void {
  notePrepared(link, bytes);
  if (link.isSilent || link.client.destroyed) return;
  if (link.answerLeft === undefined) {
    link.client.write(bytes);
    return;
  }
  const passed = bytes.subarray(0, link.answerLeft);
  link.answerLeft -= passed.length;
  if (passed.length > 0) link.client.write(passed);
  // Written bytes are thrown away by a reset that follows at once.
  if (link.answerLeft === 0) setImmediate(() => cut(link));
}

function cut({ client, server }: Link): void {
  client.resetAndDestroy();
  server.destroy();
}

/** The text of what is executed; undefined for the login and for commands that execute nothing. */
function statementOf(link: Link, packet: Buffer): string | undefined {
  if (packet.length < 5 || packet[3] !== 0) return undefined;
  switch (packet[4]) {
    case COM_QUERY:
      return packet.toString('utf8', textStart(packet));
    case COM_STMT_PREPARE:
      link.preparing = packet.toString('utf8', 5);
      return undefined;
    case COM_STMT_EXECUTE:
    case COM_STMT_BULK_EXECUTE:
      return link.prepared.get(packet.readUInt32LE(5));
    default:
      return undefined;
  }
}

/** The answer to a prepare begins with the statement's id. */
function notePrepared(link: Link, bytes: Buffer): void {
  if (link.preparing === undefined) return;
  if (bytes.length >= 9 && bytes[4] === 0) link.prepared.set(bytes.readUInt32LE(5), link.preparing);
  link.preparing = undefined;
}

/** MySQL's queries begin with the counts of their attributes (none, of one set); MariaDB's with the text. */
function textStart(query: Buffer): number {
  return query[5] === 0 && query[6] === 1 ? 7 : 5;
}

function queryPacket(attributes: Buffer, sql: string): Buffer {
  const body = Buffer.concat([Buffer.from([COM_QUERY]), attributes, Buffer.from(sql)]);
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  return Buffer.concat([head, body]);
}
