import protobuf from 'protobufjs/light.js';
import { errorText } from '../parsing/body.ts';
import { NotLogs } from './log-record.ts';

/**
 * The messages of OTLP logs, with the fields that are read or written here. Other fields are skipped, so that no message
 * can nest without limit.
 * @see https://github.com/open-telemetry/opentelemetry-proto/tree/v1.11.0/opentelemetry/proto
 */
const root = protobuf.Root.fromJSON({
  nested: {
    ExportLogsServiceRequest: {
      fields: { resourceLogs: { rule: 'repeated', type: 'ResourceLogs', id: 1 } },
    },
    ResourceLogs: {
      fields: {
        resource: { type: 'Resource', id: 1 },
        scopeLogs: { rule: 'repeated', type: 'ScopeLogs', id: 2 },
      },
    },
    Resource: { fields: { attributes: { rule: 'repeated', type: 'KeyValue', id: 1 } } },
    ScopeLogs: { fields: { logRecords: { rule: 'repeated', type: 'LogRecord', id: 2 } } },
    LogRecord: {
      fields: {
        timeUnixNano: { type: 'fixed64', id: 1 },
        observedTimeUnixNano: { type: 'fixed64', id: 11 },
        eventName: { type: 'string', id: 12 },
        body: { type: 'Body', id: 5 },
        attributes: { rule: 'repeated', type: 'KeyValue', id: 6 },
      },
    },
    // An AnyValue of which only maps are read.
    Body: { fields: { kvlistValue: { type: 'KeyValueList', id: 6 } } },
    KeyValueList: { fields: { values: { rule: 'repeated', type: 'KeyValue', id: 1 } } },
    KeyValue: { fields: { key: { type: 'string', id: 1 }, value: { type: 'AnyValue', id: 2 } } },
    AnyValue: {
      oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue'] } },
      fields: {
        stringValue: { type: 'string', id: 1 },
        boolValue: { type: 'bool', id: 2 },
        intValue: { type: 'int64', id: 3 },
        doubleValue: { type: 'double', id: 4 },
      },
    },
    ExportLogsServiceResponse: { fields: { partialSuccess: { type: 'ExportLogsPartialSuccess', id: 1 } } },
    ExportLogsPartialSuccess: {
      fields: { rejectedLogRecords: { type: 'int64', id: 1 }, errorMessage: { type: 'string', id: 2 } },
    },
    // google.rpc.Status
    Status: { fields: { code: { type: 'int32', id: 1 }, message: { type: 'string', id: 2 } } },
  },
});
const request = root.lookupType('ExportLogsServiceRequest');

/** Decodes an export request to OTLP's JSON form. @throws {NotLogs} if the bytes are no export request */
export function decodeRequest(body: Uint8Array): unknown {
  try {
    return request.toObject(request.decode(body), { longs: String });
  } catch (cause) {
    throw new NotLogs(`The body is no ExportLogsServiceRequest in protobuf: ${errorText(cause)}`, { cause });
  }
}

/** @param message in its JSON form */
export function encode(type: 'ExportLogsServiceResponse' | 'Status', message: object): Uint8Array {
  const messageType = root.lookupType(type);
  return messageType.encode(messageType.fromObject(message)).finish();
}
