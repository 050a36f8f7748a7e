import type { KafkaMessage } from 'kafkajs';

/** A header of a message as text; the last one, if the header is repeated. */
export function textHeader({ headers }: KafkaMessage, name: string): string | undefined {
  const value = headers?.[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined || last === null ? undefined : String(last);
}

/** All headers of a message, each as {@link textHeader} returns it. */
export function textHeaders(message: KafkaMessage): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of Object.keys(message.headers ?? {})) {
    const text = textHeader(message, name);
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}
