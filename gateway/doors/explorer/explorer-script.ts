import type { ExampleOperation } from './explorer-examples.ts';

/** GraphiQL's own shape of the tabs it keeps in the browser's storage. */
function toTabs(examples: readonly ExampleOperation[]) {
  const tabs = examples.map(({ name, query, variables }) => ({
    id: `example-${name}`,
    title: name,
    query,
    variables: JSON.stringify(variables, null, 2),
    headers: null,
    operationName: name,
    response: null,
  }));
  return { activeTabIndex: 0, tabs };
}

/**
 * What the page does before GraphiQL starts.
 *
 * GraphiQL opens the tab whose query and variables its storage names, and an empty one when they differ: so the
 * storage is made to name the tab that was open, or the first example on the first visit.
 *
 * Headers belong to a tab: so a key that was used in one is also used where the header is still blank. It is kept
 * in the page's memory and nowhere else.
 */
export function explorerScript(examples: readonly ExampleOperation[]): string {
  const first = JSON.stringify(toTabs(examples)).replaceAll('<', '\\u003c');
  return `
(function () {
  var name = function (key) { return 'graphiql:' + key; };
  try {
    var state = JSON.parse(localStorage.getItem(name('tabState')));
    if (!state || !Array.isArray(state.tabs) || state.tabs.length === 0) {
      state = ${first};
      localStorage.setItem(name('tabState'), JSON.stringify(state));
    }
    var url = new URL(location.href);
    var wanted = url.searchParams.get('query');
    if (wanted !== null && state.tabs.some(function (tab) { return tab.query === wanted; })) {
      url.searchParams.delete('query');
      history.replaceState({}, '', url);
      wanted = null;
    }
    var tab = state.tabs[state.activeTabIndex] || state.tabs[0];
    localStorage.setItem(name('query'), (wanted === null ? tab.query : wanted) || '');
    localStorage.setItem(name('variables'), (wanted === null ? tab.variables : '') || '');
  } catch (error) {
    console.warn('The Explorer could not read what it keeps in this browser.', error);
  }
  var known = null;
  var send = window.fetch;
  window.fetch = function (input, init) {
    var headers = new Headers((init && init.headers) || undefined);
    var value = headers.get('authorization');
    if (value !== null && /^Bearer\\s*$/i.test(value)) {
      if (known === null) headers.delete('authorization');
      else headers.set('authorization', known);
      init = Object.assign({}, init, { headers: headers });
    } else if (value !== null) known = value;
    // The password that the page itself may have requested is none of the graph's.
    init = Object.assign({}, init, { credentials: 'omit' });
    return send.call(window, input, init);
  };
})();
`;
}
