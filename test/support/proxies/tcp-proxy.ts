import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on 127.0.0.1, for faults of the network between a client and its server. */
export interface TcpProxy {
  readonly port: number;
  /** Destroys all connections; new ones are accepted. */
  cut(): void;
  /** Destroys all connections, and accepts no new ones until {@link TcpProxy.resume}. */
  refuse(): Promise<void>;
  /** Forwards no more data, on old and new connections, until {@link TcpProxy.resume}: the server seems to hang. */
  stall(): void;
  /** Accepts connections on the same port again, and forwards data again. */
  resume(): Promise<void>;
  /** Stops the proxy and destroys all connections. */
  stop(): Promise<void>;
}

/** Starts a proxy to `host` and `port`; the server may start later. */
export async function startProxy(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const pairs = new Set<readonly [Socket, Socket]>();
  let stalled = false;
  const register = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => {}); // 'close' follows
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, client => {
    const upstream = connect({ host, port, allowHalfOpen: true });
    register(client);
    register(upstream);
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
