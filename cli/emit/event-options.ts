import { InvalidArgumentError, Option } from 'commander';
import { type EventType, eventSchema } from '../../domain/events/event.ts';

/** The part of a field's JSON Schema from which its option is made. */
interface FieldSchema {
  readonly type: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
}

interface VariantSchema {
  readonly title: string;
  readonly properties: Readonly<Record<string, FieldSchema>>;
  readonly required: readonly string[];
}

/** A field of an event and the option that sets it. */
export interface FieldOption {
  readonly field: string;
  readonly option: Option;
}

/** The other options of the command. A field with such a name is set with `--event-<name>`. */
const reservedNames = new Set(['url', 'token', 'retries', 'timeout', 'json', 'help']);

/** The values that the command sets where an option is absent, as the help describes them. */
const defaultTexts: Readonly<Record<string, string>> = {
  time: 'now',
  id: 'a random UUID',
  source: 'firstlight-cli',
};

// The type of the schema is the event that it validates; the JSON Schema itself has the variants.
const { oneOf: variants } = eventSchema as unknown as { readonly oneOf: readonly VariantSchema[] };

/** One option for each field of an event type. The options are made from the schema, which is the only list of fields. */
export function fieldOptions(type: EventType): FieldOption[] {
  const variant = variants.find(({ title }) => title === type);
  if (variant === undefined) throw new TypeError(`${type} is not an event type`);
  return Object.entries(variant.properties)
    .filter(([field]) => field !== 'type')
    .map(([field, schema]) => ({
      field,
      option: optionOf(field, schema, variant.required.includes(field)),
    }));
}

function optionOf(field: string, schema: FieldSchema, required: boolean): Option {
  const flag = reservedNames.has(field) ? `--event-${field}` : `--${field}`;
  const description = schema.description ?? '';
  const defaultText = defaultTexts[field];
  const notes = [
    defaultText === undefined ? description : description.replace(/absent: .*/, `absent: ${defaultText}`),
    ...(schema.enum === undefined ? [] : [`one of ${schema.enum.join(', ')}`]),
    ...(required ? ['required'] : []),
  ];
  const help = (...more: string[]) => [...notes, ...more].filter(note => note !== '').join('; ');
  if (schema.type === 'boolean') return new Option(flag, help());
  if (schema.type === 'number') return new Option(`${flag} <number>`, help()).argParser(parseNumber);
  if (schema.type === 'array')
    return new Option(`${flag} <text>`, help('repeat it for more')).argParser(append);
  if (Array.isArray(schema.type))
    return new Option(`${flag} <text>`, help('repeat it for more')).argParser(appendOrKeepSingle);
  return new Option(`${flag} <text>`, help());
}

function parseNumber(text: string): number {
  if (!/^-?\d+(\.\d+)?$/.test(text))
    throw new InvalidArgumentError('It must be a number, such as 25 or 2.5.');
  return Number(text);
}

function append(text: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), text];
}

function appendOrKeepSingle(
  text: string,
  previous: string | readonly string[] | undefined,
): string | string[] {
  return previous === undefined ? text : [...[previous].flat(), text];
}
