/**
 * A service that evaluates a feature flag and reports every evaluation through OpenTelemetry. OpenTelemetry's own
 * variables name the address: see README.md.
 */
import { EventHook } from '@openfeature/open-telemetry-hooks';
import { InMemoryProvider, OpenFeature } from '@openfeature/server-sdk';
import { logs } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { detectResources, envDetector } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';

// 1. OpenTelemetry sends log records to Firstlight, in batches.
const loggers = new LoggerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
});
logs.setGlobalLoggerProvider(loggers);

// 2. Every evaluation becomes a log record. Name the change that a flag releases here, or in the catalogue.
const released = new Map([['new-tax-engine', 'acme/shop#42']]);
const attributeMapper = ({ flagKey }) => {
  const change = released.get(flagKey);
  return change === undefined ? {} : { 'feature_flag.change': change };
};
OpenFeature.addHooks(new EventHook({ attributeMapper }));

// 3. Your provider (flagd, Unleash, LaunchDarkly, …). This one is in memory, and turns the flag on for a quarter of the users.
await OpenFeature.setProviderAndWait(
  new InMemoryProvider({
    'new-tax-engine': {
      disabled: false,
      variants: { on: true, off: false },
      defaultVariant: 'off',
      contextEvaluator: ({ targetingKey }) =>
        Number(targetingKey?.slice('user-'.length)) % 4 === 0 ? 'on' : 'off',
    },
  }),
);

// 4. The service evaluates the flag.
const flags = OpenFeature.getClient();
for (let user = 1; user <= 40; user++)
  await flags.getBooleanValue('new-tax-engine', false, { targetingKey: `user-${user}` });

await OpenFeature.close();
await loggers.shutdown();
