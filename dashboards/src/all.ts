import { overview } from './overview.ts';
import { pipeline } from './pipeline.ts';
import { rollouts } from './rollouts.ts';
import { service } from './service.ts';
import { weekly } from './weekly.ts';

/** The address of the weekly page in `docker-compose.yml`. */
export const defaultUrl = 'http://127.0.0.1:9464';

/** The text of each dashboard's file by its name. @param url the address of the weekly page and the receipts, without a slash at the end */
export function dashboardFiles(url: string): Map<string, string> {
  const built = { overview, service, rollouts, weekly, pipeline };
  return new Map(
    Object.entries(built).map(([name, build]) => [
      `${name}.json`,
      `${JSON.stringify(build(url).build(), null, 2)}\n`,
    ]),
  );
}
