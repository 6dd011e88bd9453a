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
 * Requests carry the session of the browser, which no script can read, and its CSRF token, which is kept in the page's memory. A key
 * that is typed into the headers precedes the session. A bar shows who is signed in.
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
  var send = window.fetch;
  var own = { credentials: 'same-origin', cache: 'no-store' };
  var readSession = function () {
    return send.call(window, '/auth/session', own).then(
      function (response) { return response.json(); },
      function () { return { signedIn: false }; }
    );
  };
  var session = readSession();
  window.fetch = function (input, init) {
    var headers = new Headers((init && init.headers) || undefined);
    if (/^\\s*(Bearer\\s*)?$/i.test(headers.get('authorization') || '')) headers.delete('authorization');
    if (headers.has('authorization') || headers.has('x-api-key')) {
      // The password that the page itself may have requested is none of the graph's.
      return send.call(window, input, Object.assign({}, init, { headers: headers, credentials: 'omit' }));
    }
    return session.then(function (state) {
      if (state.csrfToken) headers.set('x-heddle-csrf', state.csrfToken);
      return send.call(window, input, Object.assign({}, init, { headers: headers, credentials: 'same-origin' }));
    }).then(function (response) {
      if (response.status === 401) session = readSession().then(show);
      return response;
    });
  };
  var bar = document.createElement('div');
  bar.id = 'session';
  var show = function (state) {
    var control = document.createElement(state.signedIn ? 'button' : 'a');
    control.textContent = state.signedIn ? 'Sign out' : 'Sign in';
    if (state.signedIn) {
      control.addEventListener('click', function () {
        send.call(window, '/auth/logout', Object.assign({ method: 'POST', headers: { 'x-heddle-csrf': state.csrfToken } }, own))
          .then(function (response) { return response.json(); })
          .then(function (ended) { if (ended.logoutUrl) location.assign(ended.logoutUrl); else location.reload(); });
      });
    } else control.href = '/auth/login?return=' + encodeURIComponent(location.pathname + location.search);
    var caller = state.caller || {};
    var name = caller.email || caller.subject || (caller.keyId ? 'key ' + caller.keyId : '');
    // A link may have led here with another tenant than the person is used to.
    if (caller.tenantId) name += ' in ' + caller.tenantId;
    bar.replaceChildren(state.signedIn ? 'Signed in with ' + name + ' ' : 'Not signed in ', control);
    return state;
  };
  document.body.append(bar);
  session.then(show);
})();
`;
}
