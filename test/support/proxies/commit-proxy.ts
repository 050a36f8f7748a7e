import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** `before`: the server does not receive the COMMIT. `after`: it has committed, and the client gets no answer. */
export type Cut = 'before' | 'after';

/** A proxy between PostgreSQL and its clients that cuts a connection during a COMMIT. */
export interface CommitProxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts the next connection with a COMMIT; resolves when it is cut. */
  cutNextCommit(cut: Cut): Promise<void>;
  /** Destroys all connections; new ones are accepted. */
  cutAll(): void;
}

/** Starts a proxy on 127.0.0.1 to a server whose clients do not use TLS. */
export async function startCommitProxy(host: string, port: number): Promise<CommitProxy> {
  const sockets = new Set<Socket>();
  let next: { readonly cut: Cut; readonly done: () => void } | null = null;
  const server = createServer(client => {
    const upstream = connect({ host, port, noDelay: true });
    const pair = [client, upstream];
    const end = () => {
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      sockets.add(socket);
      socket.on('error', () => {}); // 'close' follows
      socket.once('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    let toClient = (bytes: Buffer): void => void client.write(bytes);
    upstream.on('data', (bytes: Buffer) => toClient(bytes));
    client.on('data', (bytes: Buffer) => {
      if (next === null || !isCommit(bytes)) {
        upstream.write(bytes);
        return;
      }
      const { cut, done } = next;
      next = null;
      toClient = () => {
        end();
        done();
      };
      if (cut === 'before') toClient(bytes);
      else upstream.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    cutNextCommit: cut => {
      const { promise, resolve } = Promise.withResolvers<void>();
      next = { cut, done: resolve };
      return promise;
    },
    cutAll,
    [Symbol.asyncDispose]: async () => {
      server.close();
      cutAll();
      await once(server, 'close');
    },
  };
}

/**
 * Whether the bytes are a simple query with the statement COMMIT alone.
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
const isCommit = (bytes: Buffer) => bytes.at(0) === 0x51 && /^commit;?\0$/i.test(bytes.toString('latin1', 5));
