import type { ComposeFile } from './file.ts';

/** Where the services of `docker-compose.yml` are on this machine, once they have no container. */
export interface Locations {
  /** `127.0.0.1:port` by what the file calls it: `kafka:9092`. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Stands for `/` of the containers. */
  readonly folder: string;
}

/** A word of the file with the hosts, ports and folders of this machine. */
export function toLocal({ addresses, folder }: Locations, word: string): string {
  let text = word;
  for (const [address, place] of addresses) {
    const [, port = ''] = address.split(':');
    text = text
      .replaceAll(address, place)
      // Inside its own container, a service is this host too.
      .replace(new RegExp(`(localhost|127\\.0\\.0\\.1):${port}(?!\\d)`), place)
      .replace(new RegExp(`^--port=${port}$`), `--port=${place.split(':')[1]}`);
  }
  return text.replace(/(?<=^|=)\/(?=(etc|run|prometheus|alertmanager|data|compiled)\b)/, `${folder}/`);
}

/** Whether it runs the image that is built here. */
export function isOwnImage({ services }: ComposeFile, service: string): boolean {
  return services[service]?.image.startsWith('firstlight:') ?? false;
}
