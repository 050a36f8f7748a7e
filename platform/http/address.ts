import type { FastifyInstance } from 'fastify';

export interface Address {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** The URL at which a server that listens on `host` is reached from this machine. */
export function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/**
 * Starts to listen.
 * @returns the port
 * @throws {Error} with advice for the user when the address cannot be used
 */
export async function listenOn(server: FastifyInstance, { host, port }: Address): Promise<number> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    throw new Error(adviceOn(error, host, port), { cause: error });
  }
  return server.addresses().find(address => typeof address !== 'string')?.port ?? port;
}

/** Advice for the user about an address on which the server cannot listen. */
function adviceOn(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use by another program. Stop that one, or set PORT to a free one.`;
    case 'EACCES':
      return `Port ${port} of ${host} is not open to this user. Set PORT to one from 1024 on.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST=${host} is no address of this machine. Set HOST to one that it has, such as 127.0.0.1.`;
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return `The server cannot listen on port ${port} of ${host} (${reason}). Check HOST and PORT.`;
    }
  }
}
