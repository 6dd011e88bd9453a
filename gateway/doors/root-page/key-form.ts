import { exampleOrigin } from './client-setups.ts';

/** A form that lists what a key may call. The key stays in its field: it is sent to this origin alone, and not stored. */
export const keyForm = `<form id="key-test">
<label>API key <input id="key" type="password" autocomplete="off" spellcheck="false" required></label>
<button>Test the key</button>
<p><output id="result"></output></p>
</form>`;

/** Runs the form, and puts the address of the page into the lines. */
export const keyScript = `
for (const lines of document.querySelectorAll('pre')) {
  lines.textContent = lines.textContent.replaceAll(${JSON.stringify(exampleOrigin)}, location.origin);
}
document.getElementById('key-test').addEventListener('submit', async (event) => {
  event.preventDefault();
  const result = document.getElementById('result');
  result.textContent = 'Testing …';
  try {
    const authorization = 'Bearer ' + document.getElementById('key').value.trim();
    const response = await fetch('/v1/models', { headers: { authorization }, cache: 'no-store' });
    const body = await response.json();
    const names = response.ok ? body.data.map(({ id }) => id) : [];
    result.textContent = response.ok
      ? 'The key works: ' + names.length + ' AI models and routes. ' + names.slice(0, 5).join(', ')
      : 'The key was refused: ' + body.error.message;
  } catch {
    // Any error: the reader of the page is the one who can act on it.
    result.textContent = 'The mesh was not reached.';
  }
});
`;
