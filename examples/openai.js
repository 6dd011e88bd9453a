/**
 * A streamed answer by OpenAI's SDK. Beside a program for OpenAI, the base URL, the key and the name of the model differ.
 *   npm install openai
 *   HEDDLE_KEY=hd_… node examples/openai.js "How does a loom work?"
 */
import OpenAI from 'openai';

const url = process.env.HEDDLE_URL ?? 'http://127.0.0.1:4000';
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: process.env.HEDDLE_KEY });

try {
  const chunks = await openai.chat.completions.create({
    model: process.env.MODEL ?? 'demo/echo',
    messages: [{ role: 'user', content: process.argv[2] ?? 'Hello, loom' }],
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const { choices, usage } of chunks) {
    process.stdout.write(choices[0]?.delta.content ?? '');
    if (usage) console.error(`\n${usage.prompt_tokens} + ${usage.completion_tokens} tokens`);
  }
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  // The code of Heddle's catalog is stable, the message is for people: docs/limits-and-errors.md.
  const isAnswered = error.error?.heddle_code !== undefined;
  const cause = error.cause?.cause?.code ?? error.cause?.message ?? error.message;
  console.error(
    isAnswered ? `${error.error.heddle_code}: ${error.error.message}` : `${url} cannot be reached: ${cause}`,
  );
  process.exit(1);
}
