import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useCompletion } from './use-completion.js';

function Chat() {
  const [question, setQuestion] = useState('');
  const [conversation, setConversation] = useState([]);
  const { text, error, isRunning, ask, stop } = useCompletion();

  async function submit(event) {
    event.preventDefault();
    const messages = [...conversation, { role: 'USER', content: question }];
    setQuestion('');
    setConversation(messages);
    const answer = await ask(messages);
    if (answer !== undefined) setConversation([...messages, { role: 'ASSISTANT', content: answer }]);
  }

  return (
    <>
      <ol aria-live="polite">
        {conversation.map(({ role, content }, index) => (
          // A conversation only grows, so that the place of a message identifies it.
          <li key={index} className={role === 'USER' ? 'question' : 'answer'}>
            {content}
          </li>
        ))}
        {isRunning && <li className="answer">{text}</li>}
        {error && <li className="error">{error}</li>}
      </ol>
      <form onSubmit={submit}>
        <input
          aria-label="Message"
          autoComplete="off"
          required
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
        />
        {isRunning ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="submit">Send</button>
        )}
      </form>
    </>
  );
}

createRoot(document.getElementById('root')).render(<Chat />);
