import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on 127.0.0.1, to part a client from its server as a network does. */
export interface TcpProxy {
  readonly port: number;
  /** Destroys every connection now; new ones are let in. */
  cut(): void;
  /** Destroys every connection now, and accepts no new ones until {@link TcpProxy.resume}. */
  refuse(): Promise<void>;
  /** Carries nothing any more, on old connections and new ones, until {@link TcpProxy.resume}: the server hangs. */
  stall(): void;
  /** Accepts connections again, on the same port, and carries on. */
  resume(): Promise<void>;
  /** Ends it with every connection. */
  stop(): Promise<void>;
}

/** Starts a proxy to `host` and `port`, where nothing needs to listen yet. */
export async function startProxy(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const pairs = new Set<readonly [Socket, Socket]>();
  let stalled = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => {}); // 'close' follows
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, client => {
    const upstream = connect({ host, port, allowHalfOpen: true });
    keep(client);
    keep(upstream);
    pairs.add([client, upstream]);
    if (!stalled) client.pipe(upstream).pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  const listen = async (on: number) => {
    server.listen(on, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const refuse = async () => {
    if (!server.listening) return;
    server.close();
    cut();
    await once(server, 'close');
  };
  return {
    port: address.port,
    cut,
    refuse,
    stall: () => {
      stalled = true;
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
      }
    },
    resume: async () => {
      if (stalled) for (const [client, upstream] of pairs) client.pipe(upstream).pipe(client);
      stalled = false;
      if (!server.listening) await listen(address.port);
    },
    stop: refuse,
  };
}
