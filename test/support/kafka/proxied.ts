import { freePort } from '../product/process.ts';
import { startProxy, type TcpProxy } from '../proxies/tcp-proxy.ts';
import { type KafkaServer, startKafka } from './server.ts';

/** A Kafka that is also reachable through a proxy, which can make it unreachable while it runs. */
export interface ProxiedKafkaServer extends KafkaServer {
  /** Clients that connect to these brokers use the proxy only: Kafka tells them no other address. */
  readonly proxiedBrokers: string;
  readonly proxy: TcpProxy;
}

export async function startProxiedKafka(): Promise<ProxiedKafkaServer> {
  const port = await freePort();
  const proxy = await startProxy('127.0.0.1', port);
  try {
    const server = await startKafka({
      listeners: { PROXIED: { protocol: 'PLAINTEXT', port, advertisedPort: proxy.port } },
    });
    return {
      ...server,
      proxiedBrokers: `127.0.0.1:${proxy.port}`,
      proxy,
      stop: async () => {
        await proxy.stop();
        await server.stop();
      },
    };
  } catch (error) {
    await proxy.stop();
    throw error;
  }
}
