/**
 * One completion from a Node script, without a dependency.
 *   HEDDLE_KEY=hd_… node examples/complete.js "How does a loom work?"
 */
const url = process.env.HEDDLE_URL ?? 'http://127.0.0.1:4000';
const query = `mutation ($input: CompletionInput!) {
  complete(input: $input) { text cost usage { inputTokens outputTokens } }
}`;
const input = {
  model: process.env.MODEL ?? 'demo/echo',
  messages: [{ role: 'USER', content: process.argv[2] ?? 'Hello, loom' }],
};

const response = await fetch(`${url}/graphql`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env.HEDDLE_KEY}` },
  body: JSON.stringify({ query, variables: { input } }),
}).catch((error) => {
  console.error(`${url} cannot be reached: ${error.cause?.code ?? error.message}`);
  process.exit(1);
});
const { data, errors } = await response.json();
if (errors !== undefined) {
  // The code is stable, the message is for people: docs/limits-and-errors.md.
  console.error(`${errors[0].extensions.code}: ${errors[0].message}`);
  process.exit(1);
}
const { text, cost, usage } = data.complete;
console.log(text);
console.error(`${usage.inputTokens} + ${usage.outputTokens} tokens, ${cost} dollars`);
