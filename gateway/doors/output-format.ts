import { type BodyFields, toBoolean, toFields, toText, WrongField } from './body-fields.ts';
import type { CompletionInput } from './operations.generated.ts';

/**
 * The form of an answer that a body of OpenAI's dialects requests at `at`; `nested` names the field with the schema, which otherwise stands
 * beside `type`. Throws WrongField.
 */
export function readOutputFormat(value: unknown, at: string, nested?: string): Partial<CompletionInput> {
  if (value === undefined || value === null) return {};
  const format = toFields(value, at);
  switch (format.type) {
    case 'text':
      return {};
    case 'json_object':
      return { responseSchema: { type: 'object' }, responseJsonObject: true };
    case 'json_schema':
      return nested === undefined
        ? readSchema(format, at)
        : readSchema(toFields(format[nested], `${at}.${nested}`), `${at}.${nested}`);
    default:
      throw new WrongField(`${at}.type`, 'must be one of text, json_object, json_schema.');
  }
}

/** An empty name is none: the adapters have a default. */
function readSchema(fields: BodyFields, at: string): Partial<CompletionInput> {
  const name = toText(fields.name, `${at}.name`);
  const description = toText(fields.description, `${at}.description`);
  const strict = toBoolean(fields.strict, `${at}.strict`);
  return {
    responseSchema: toFields(fields.schema, `${at}.schema`),
    ...(name === undefined || name === '' ? {} : { responseSchemaName: name }),
    ...(description === undefined ? {} : { responseSchemaDescription: description }),
    ...(strict === undefined ? {} : { responseSchemaStrict: strict }),
  };
}
