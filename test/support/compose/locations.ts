import type { ComposeFile } from './file.ts';

/** The addresses and files of the services of `docker-compose.yml` on this machine, without containers. */
export interface Locations {
  /** `127.0.0.1:port` by the address in the file, such as `kafka:9092`. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Replaces `/` of the containers. */
  readonly folder: string;
}

/** A word of the file, with the hosts, ports and folders of this machine. */
export function toLocal({ addresses, folder }: Locations, word: string): string {
  let text = word;
  for (const [address, local] of addresses) {
    const [, port = ''] = address.split(':');
    text = text
      .replaceAll(address, local)
      // Inside its container, a service is also localhost.
      .replace(new RegExp(`(localhost|127\\.0\\.0\\.1):${port}(?!\\d)`), local)
      .replace(new RegExp(`^--port=${port}$`), `--port=${local.split(':')[1]}`);
  }
  return text.replace(/(?<=^|=)\/(?=(etc|run|prometheus|alertmanager|data|compiled)\b)/, `${folder}/`);
}

/** Whether the service runs the project's image. */
export function isOwnImage({ services }: ComposeFile, service: string): boolean {
  return services[service]?.image.startsWith('firstlight:') ?? false;
}
