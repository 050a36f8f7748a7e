import { readFileSync } from 'node:fs';
import { healthPaths, problemSchema } from '../../platform/http/openapi.ts';
import { collectorPaths, collectorSchemas } from '../collector/openapi.ts';
import { metricsPaths } from '../metrics/openapi.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/**
 * The HTTP interface of the whole product, from the paths of its services. In the distributed run, the collector and the
 * metrics service have addresses of their own.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export const openApiDocument = {
  openapi: '3.1.1',
  info: {
    title: 'Firstlight',
    version,
    description: 'DORA metrics for teams that ship with canaries, blue/green and feature flags.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  paths: { ...collectorPaths, ...metricsPaths, ...healthPaths },
  components: {
    schemas: { ...collectorSchemas, Problem: problemSchema },
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic' },
    },
  },
};
