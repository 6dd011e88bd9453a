/** A chat over server-sent events: the page has a token of its user, never a key. */
const list = document.querySelector('ol');
const form = document.querySelector('form');
const query = `subscription ($input: CompletionInput!) {
  completionStream(input: $input) {
    ... on TextDelta { text }
    ... on CompletionFailed { code message }
  }
}`;
const messages = [];

function show(className, text) {
  const item = list.appendChild(document.createElement('li'));
  item.className = className;
  item.textContent = text;
  return item;
}

/** The answers of one operation, as they arrive. */
async function* readAnswers(response) {
  let text = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    const events = text.split('\n\n');
    text = events.pop();
    for (const event of events) {
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

async function ask(item) {
  const { token, model, url, error } = await (await fetch('/token', { method: 'POST' })).json();
  if (error !== undefined) throw new Error(error);
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query, variables: { input: { model, messages } } }),
  });
  // A refusal of the key or token comes as JSON, not as a stream.
  if (!response.ok) throw new Error((await response.json()).errors[0].message);
  for await (const { data, errors } of readAnswers(response)) {
    const failure =
      errors?.[0] ?? (data.completionStream.code === undefined ? undefined : data.completionStream);
    if (failure !== undefined) throw new Error(failure.message);
    item.textContent += data.completionStream.text ?? '';
  }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const content = form.elements.question.value;
  form.reset();
  show('question', content);
  messages.push({ role: 'USER', content });
  const item = show('answer', '');
  try {
    await ask(item);
    messages.push({ role: 'ASSISTANT', content: item.textContent });
  } catch (error) {
    messages.pop();
    item.className = 'error';
    item.textContent = error.message;
  }
});
