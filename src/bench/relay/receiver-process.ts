/**
 * An HTTP receiver in a process of its own. POST takes a message or an array of them; GET tells as JSON what it has got
 * since the last GET: `requests`, `messages` (taken), `ids` (different ones), `delayP50` and `delayP99` (milliseconds
 * from `createdAt` to the arrival, of messages whose key does not begin with `poison`).
 *
 * Arguments: the share of requests that it answers by 500 (0 to 1), and how long an answer takes, in milliseconds. A
 * request with a message whose key begins with `poison` is answered by 500, too. Prints its port; ends with its stdin.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [failing = 0, answerMs = 0] = process.argv.slice(2).map(Number);
let requests = 0;
let messages = 0;
let ids = new Set<string>();
let delays: number[] = [];

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(tell()));
    return;
  }
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const status = take(Buffer.concat(parts).toString());
    const answer = () => response.writeHead(status).end();
    if (answerMs > 0) setTimeout(answer, answerMs);
    else answer();
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().on('end', () => process.exit(0));

function take(body: string): number {
  requests++;
  const some: { id: number | string; key: string; createdAt?: string }[] = [JSON.parse(body)].flat();
  if (Math.random() < failing || some.some(({ key }) => key.startsWith('poison'))) return 500;
  const now = Date.now();
  for (const { id, createdAt } of some) {
    messages++;
    ids.add(String(id));
    if (createdAt !== undefined) delays.push(now - Date.parse(createdAt));
  }
  return 204;
}

function tell(): object {
  delays.sort((a, b) => a - b);
  const at = (share: number) => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))];
  const told = { requests, messages, ids: ids.size, delayP50: at(0.5), delayP99: at(0.99) };
  [requests, messages, ids, delays] = [0, 0, new Set(), []];
  return told;
}
