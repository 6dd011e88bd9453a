/** A form that lists what a key may call. The key stays in its field: it is sent to this origin alone, and not stored. */
export const keyForm = `<form id="key-test">
<label>API key <input id="key" type="password" autocomplete="off" spellcheck="false" required></label>
<button>Test the key</button>
<p><output id="result"></output></p>
<p id="models" hidden><label>AI model of the lines below <select id="model"></select></label></p>
</form>`;

/**
 * Runs the form, and puts the address of the page and the chosen AI model into the lines. The script is the same for all:
 * what it replaces is in the attributes of `body`, so that the policy of the page holds one hash.
 */
export const keyScript = `
const { origin, model: exampleModel } = document.body.dataset;
const element = (id) => document.getElementById(id);
const blocks = [...document.querySelectorAll('pre, li code')].map((block) => ({ block, lines: block.textContent }));
function showLines(model) {
  for (const { block, lines } of blocks) {
    block.textContent = lines.replaceAll(origin, location.origin).replaceAll(exampleModel, model);
  }
}
async function readJson(path, options) {
  const response = await fetch(path, { ...options, cache: 'no-store', credentials: 'omit' });
  return { ok: response.ok, body: await response.json() };
}
async function testKey(key) {
  const headers = { authorization: 'Bearer ' + key, 'content-type': 'application/json' };
  const { ok, body } = await readJson('/v1/models', { headers });
  if (!ok) return { text: 'The key was refused: ' + body.error.message, names: [] };
  const names = body.data.map(({ id }) => id);
  if (names.length > 0) return { text: 'The key works: it may call ' + names.length + ' AI models and routes.', names };
  const query = JSON.stringify({ query: '{ me { scopes } }' });
  const { body: { data } } = await readJson('/graphql', { method: 'POST', headers, body: query });
  const text = data.me.scopes.includes('inference:invoke')
    ? 'The key is in force, but there is no AI model that it may call.'
    : 'The key is in force, but may call no AI model: it lacks the scope inference:invoke.';
  return { text, names };
}
let tests = 0;
element('key-test').addEventListener('submit', async (event) => {
  event.preventDefault();
  const test = ++tests;
  element('result').textContent = 'Testing …';
  element('models').hidden = true;
  let tested;
  try {
    tested = await testKey(element('key').value.trim());
  } catch {
    // Any error: the reader of the page is the one who can act on it.
    tested = { text: 'The mesh was not reached, or its answer was no JSON.', names: [] };
  }
  if (test !== tests) return;
  element('result').textContent = tested.text;
  element('models').hidden = tested.names.length === 0;
  element('model').replaceChildren(...tested.names.map((name) => new Option(name)));
  if (tested.names.includes(exampleModel)) element('model').value = exampleModel;
  showLines(element('model').value || exampleModel);
});
element('model').addEventListener('change', () => showLines(element('model').value));
showLines(exampleModel);
`;
