import { allMetrics, labelNames } from '../../domain/metrics/families.ts';
import {
  type Content,
  type Operation,
  type Parameter,
  type Paths,
  problemResponse,
} from '../../platform/http/openapi.ts';
import { formats } from './report/render/formats.ts';

const text = (name: string, description: string, schema: object = { type: 'string' }): Parameter => ({
  name,
  in: 'query',
  required: false,
  description,
  schema,
});

const scope = [
  text('environment', 'Default production'),
  text('service', 'Default all'),
  text('team', 'Default all'),
];
const weeks = text('weeks', 'How many weeks, the running one included', {
  type: 'integer',
  minimum: 1,
  maximum: 53,
  default: 12,
});

const metric: Parameter = {
  name: 'metric',
  in: 'query',
  required: true,
  description: 'Name as Prometheus has it, without `dora_`',
  schema: { type: 'string', enum: allMetrics.map(({ name }) => name) },
};
const labels = labelNames.map(name => text(name, 'Of a metric that has this label'));
const receiptParameters = [
  metric,
  ...labels,
  ...scope,
  text('window', 'Days, such as 7d; default 7d, unless a week is given'),
  text('week', 'ISO week in WEEK_TIMEZONE, such as 2026-W47'),
  text('sort', 'Default at', { type: 'string', enum: ['at', 'value'] }),
  text('limit', 'Items of a page', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
  text('cursor', 'Of the page before'),
];

const html: Content = { 'text/html': { schema: { type: 'string' } } };
const json: Content = { 'application/json': { schema: { type: 'object' } } };

const read = (
  tag: string,
  summary: string,
  parameters: readonly Parameter[],
  content: Content,
  more: Operation['responses'] = {},
): Operation => ({
  summary,
  tags: [tag],
  parameters,
  security: [{ bearer: [] }, { basic: [] }, {}],
  responses: {
    200: { description: 'As asked.', content },
    400: problemResponse('The query cannot be answered.'),
    401: problemResponse('READ_TOKEN is asked for.'),
    503: problemResponse('The database does not answer.'),
    ...more,
  },
});

const change: readonly Parameter[] = ['service', 'change'].map(name => ({
  name,
  in: 'path',
  required: true,
  description: 'Percent-encoded',
  schema: { type: 'string' },
}));
const unknownChange = { 404: problemResponse('No event names this change.') };
const state = [
  text('sort', 'Column of the table of services; a leading - turns it round'),
  text('q', 'Only services and teams whose name contains this'),
  text('page', 'Page of the table of services', { type: 'integer', minimum: 1 }),
];

/** What the metrics service answers to, as OpenAPI has it. */
export const metricsPaths: Paths = {
  '/': { get: read('pages', 'The weekly page', [...scope, weeks, ...state], html) },
  '/receipts': { get: read('pages', 'What a number was computed from', receiptParameters, html) },
  '/changes/{service}/{change}': {
    get: read('pages', 'The story of a change', change, html, unknownChange),
  },
  '/metrics': {
    get: {
      ...read('Prometheus', 'Every metric', [], { 'text/plain': { schema: { type: 'string' } } }),
      description: 'A collector or a consumer that runs by itself answers with its own metrics alone.',
    },
  },
  '/api/v1/weekly': {
    get: read(
      'reading',
      'The weekly report',
      [...scope, weeks, text('format', 'Default json', { type: 'string', enum: [...formats] })],
      {
        ...json,
        'text/csv': { schema: { type: 'string' } },
        'text/markdown': { schema: { type: 'string' } },
        ...html,
      },
    ),
  },
  '/api/v1/receipts': { get: read('reading', 'What a number was computed from', receiptParameters, json) },
  '/api/v1/changes/{service}/{change}': {
    get: read('reading', 'The story of a change', change, json, unknownChange),
  },
  '/api/v1/scorecard': { get: read('reading', 'What canaries did', [...scope, weeks], json) },
  '/api/v1/export/openmetrics': {
    get: read(
      'Prometheus',
      'The past in event time, as OpenMetrics with timestamps',
      [
        text('from', 'RFC 3339 or a day'),
        text('to', 'RFC 3339 or a day; default now'),
        text('every', 'Step, such as 1h'),
      ],
      { 'application/openmetrics-text': { schema: { type: 'string' } } },
    ),
  },
  '/api/v1/openapi.json': { get: read('reading', 'This document', [], json) },
};
