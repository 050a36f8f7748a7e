import { eventSchema } from '../../domain/events/event.ts';
import { type Operation, type Paths, problemResponse } from '../../platform/http/openapi.ts';
import { sources } from './sources/index.ts';

const event = { $ref: '#/components/schemas/Event' };
const cloudEvent = {
  type: 'object',
  description: 'CloudEvents 1.0; `data` is the native event without the fields of the envelope, or a CDEvent',
  required: ['specversion', 'id', 'source', 'type'],
};
const ndjson = { type: 'string', description: 'One event per line; blank lines are skipped' };
const bytes = { type: 'string', format: 'binary' };

const accepted = {
  description: 'Every event is durable. Repeated ones are counted, and stored once.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['accepted'],
        properties: { accepted: { type: 'integer', minimum: 0 } },
      },
    },
  },
};

const refusals = {
  401: problemResponse('The token or signature is not known.'),
  403: problemResponse('The token may not write this service.'),
  413: problemResponse('More bytes or events than one request may hold.'),
  503: {
    ...problemResponse('Nothing was promised; send the same again.'),
    headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } },
  },
};

const events: Operation = {
  summary: 'Take events',
  description: 'A batch is taken whole or refused whole.',
  tags: ['collector'],
  security: [{ bearer: [] }],
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: { oneOf: [event, { type: 'array', items: event }] } },
      'application/x-ndjson': { schema: ndjson },
      'application/cloudevents+json': { schema: cloudEvent },
      'application/cloudevents-batch+json': { schema: { type: 'array', items: cloudEvent } },
    },
  },
  responses: {
    202: accepted,
    400: problemResponse('Something is wrong with the events; nothing was stored.'),
    415: problemResponse('A media type that is not taken.'),
    ...refusals,
  },
};

const handshake: Operation = {
  summary: 'CloudEvents webhook handshake',
  tags: ['collector'],
  security: [],
  responses: { 200: { description: 'The origin may send.' }, 204: { description: 'No origin asked.' } },
};

const logs: Operation = {
  summary: 'Take OTLP logs: feature-flag events of OpenTelemetry',
  tags: ['collector'],
  security: [{ bearer: [] }],
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: { type: 'object', description: 'ExportLogsServiceRequest' } },
      'application/x-protobuf': { schema: bytes },
    },
  },
  responses: {
    200: { description: 'ExportLogsServiceResponse, in the media type of the request' },
    400: { description: 'google.rpc.Status' },
    415: { description: 'google.rpc.Status' },
    ...refusals,
  },
};

const webhook = (tool: string, withToken: boolean): Operation => ({
  summary: `Take what ${tool} sends`,
  tags: ['webhooks'],
  security: withToken ? [] : [{ bearer: [] }, { basic: [] }],
  ...(withToken && {
    parameters: [
      {
        name: 'token',
        in: 'path' as const,
        required: true,
        description: 'For tools that can set no header',
        schema: { type: 'string' },
      },
    ],
  }),
  requestBody: { required: true, content: { '*/*': { schema: bytes } } },
  responses: { 202: accepted, ...refusals },
});

/** The collector's paths in OpenAPI. */
export const collectorPaths: Paths = {
  '/v1/events': { post: events, options: handshake },
  '/v1/logs': { post: logs },
  ...Object.fromEntries(
    [...sources.keys()].flatMap(tool => [
      [`/v1/webhooks/${tool}`, { post: webhook(tool, false) }],
      [`/v1/webhooks/${tool}/{token}`, { post: webhook(tool, true) }],
    ]),
  ),
};

export const collectorSchemas = { Event: eventSchema };
