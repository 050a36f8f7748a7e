import { isDeepStrictEqual } from 'node:util';
import type { Catalogue } from '../../domain/catalogue/model.ts';
import { watchFiles } from '../../platform/process/watch-file.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { type ReadCatalogue, readCatalogueFiles } from './read.ts';

export interface FollowOptions {
  readonly logger: Logger;
  /** Called with each new version of the catalogue. */
  readonly onChange?: (catalogue: Catalogue) => void;
  /** How often the files are checked. Default 1 s. */
  readonly everyMs?: number;
}

export interface FollowedCatalogue {
  current(): Catalogue;
  stop(): void;
}

/** Reads the catalogue again when its files change. A version with faults is logged, and the last good one stays. */
export function followCatalogue(read: ReadCatalogue, options: FollowOptions): FollowedCatalogue {
  const { logger, onChange, everyMs } = options;
  let { catalogue, files } = read;
  let loggedFaults: readonly string[] = [];
  const [path] = files;
  if (path === undefined) return { current: () => catalogue, stop: () => {} };

  const reload = () => {
    const { faults, ...next } = readCatalogueFiles(path);
    // A broken file may no longer name the files that it included, so those are watched on.
    files = faults.length > 0 ? [...new Set([...files, ...next.files])] : next.files;
    if (faults.length > 0 && !isDeepStrictEqual(faults, loggedFaults))
      logger.error(
        { file: path, faults: faults.slice(0, 20) },
        'SERVICES_FILE has faults; the version before holds on',
      );
    loggedFaults = faults;
    if (faults.length > 0 || isDeepStrictEqual(next.catalogue, catalogue)) return;
    catalogue = next.catalogue;
    logger.info({ file: path, services: catalogue.services.length }, 'the catalogue was read again');
    onChange?.(catalogue);
  };
  const watch = watchFiles({
    paths: () => files,
    onChange: reload,
    ...(everyMs !== undefined && { everyMs }),
  });
  return { current: () => catalogue, stop: () => watch.stop() };
}
