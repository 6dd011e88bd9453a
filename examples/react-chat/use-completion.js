import { createClient } from 'graphql-ws';
import { useEffect, useRef, useState } from 'react';

const query = `subscription ($input: CompletionInput!) {
  completionStream(input: $input) {
    __typename
    sequence
    ... on TextDelta { text }
    ... on CompletionFailed { message }
  }
}`;

/** A page token of the user, from the server of this page. */
async function fetchToken() {
  const response = await fetch('/token', { method: 'POST' });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** Opens one WebSocket for the page, when it is first needed; each new connection has a fresh token. */
function createSocket({ url }) {
  return createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    connectionParams: async () => ({ authorization: `Bearer ${(await fetchToken()).token}` }),
  });
}

/** Streams answers: `ask` returns the whole answer, or undefined if it failed or was stopped. */
export function useCompletion() {
  const [text, setText] = useState('');
  const [error, setError] = useState();
  const [isRunning, setIsRunning] = useState(false);
  const socket = useRef(undefined);
  const stopRunning = useRef(undefined);
  useEffect(() => () => void socket.current?.dispose(), []);

  async function ask(messages) {
    setText('');
    setError(undefined);
    setIsRunning(true);
    let answer = '';
    let isStopped = false;
    try {
      const session = await fetchToken();
      socket.current ??= createSocket(session);
      // With an idempotencyKey, a new connection after a broken one joins the same completion.
      const input = { model: session.model, messages, idempotencyKey: crypto.randomUUID() };
      const events = socket.current.iterate({ query, variables: { input } });
      stopRunning.current = () => {
        isStopped = true;
        events.return();
      };
      for await (const { data, errors } of events) {
        if (errors !== undefined) throw new Error(errors[0].message);
        const event = data.completionStream;
        if (event.message !== undefined) throw new Error(event.message);
        if (event.sequence === 0 || event.__typename === 'CompletionRestarted') answer = '';
        answer += event.text ?? '';
        setText(answer);
      }
      return isStopped ? undefined : answer;
    } catch (failure) {
      setError(failure.message ?? `The connection was closed: ${failure.reason}`);
    } finally {
      setIsRunning(false);
    }
  }

  return { text, error, isRunning, ask, stop: () => stopRunning.current?.() };
}
