/** Posts events from a process of its own, on bare sockets: the client must cost less than the server that is measured. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { batches } from '../traffic/traffic.ts';
import type { HttpOrder } from './client.ts';
import { carryOutOrders, eventsOf } from './order.ts';

carryOutOrders<HttpOrder>(async order => {
  const { hostname, port } = new URL(order.url);
  const requests = [...batches(eventsOf(order), order.eventsPerRequest)].map(requestOf);
  const sockets = await Promise.all(
    Array.from({ length: order.connections }, () => open(hostname, Number(port))),
  );
  const left = requests.values();
  const startedAt = performance.now();
  await Promise.all(sockets.map(socket => converse(socket, left)));
  const ms = performance.now() - startedAt;
  for (const socket of sockets) socket.destroy();
  return ms;
});

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Sends one request after the other until none is left. */
function converse(socket: Socket, requests: Iterator<Buffer>): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = '';
    const next = () => {
      const { value, done } = requests.next();
      if (done) resolve();
      else socket.write(value);
    };
    socket.on('data', chunk => {
      received += chunk.toString('latin1');
      const headEnd = received.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const length = /content-length: (\d+)/i.exec(received)?.[1] ?? '0';
      if (received.length < headEnd + 4 + Number(length)) return;
      if (!received.startsWith('HTTP/1.1 202 ')) {
        reject(new Error(received));
        return;
      }
      received = '';
      next();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server hung up')));
    next();
  });
}

function requestOf(events: readonly object[]): Buffer {
  const body = Buffer.from(events.map(event => JSON.stringify(event)).join('\n'));
  const type = events.length === 1 ? 'application/json' : 'application/x-ndjson';
  const head = [
    'POST /v1/events HTTP/1.1',
    'Host: 127.0.0.1',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}
