// What a test or a picture asks of JupyterLab in the page; needs LabApp.expose_app_in_browser.
window.courseNotebook = (() => {
  const app = () => window.jupyterapp;
  const panel = () => app().shell.currentWidget;
  const cellOf = id => panel().content.widgets.find(cell => cell.model.id === id);

  const scroller = () => panel().content.node.querySelector('.jp-WindowedPanel-outer');

  // A kernel exists some time after JupyterLab looks ready; a cell that is run before is cleared.
  async function ready() {
    await app().restored;
    for (;;) {
      if (panel()?.context) {
        await panel().context.ready;
        await panel().sessionContext.ready;
        const kernel = panel().sessionContext.session?.kernel;
        if (kernel) {
          await kernel.info;
          if (kernel.connectionStatus === 'connected' && kernel.status === 'idle') return;
        }
      }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  // Cells out of sight are not laid out, so this reads textContent, which is there all the same.
  function textOf(node) {
    const copy = node.cloneNode(true);
    copy.querySelectorAll('style').forEach(style => style.remove());
    return copy.textContent.trim();
  }

  const diagramsIn = cell => (cell.model.sharedModel.outputs ?? [])
    .filter(output => 'text/vnd.mermaid' in (output.data ?? {})).length
    + (cell.model.sharedModel.source.match(/^```mermaid/gm) ?? []).length;

  const drawnIn = cell => [...cell.node.querySelectorAll('.jp-RenderedMermaid img')]
    .filter(image => image.complete && image.naturalWidth > 0).length;

  function lookAt(cell) {
    const outputs = cell.model.sharedModel.outputs ?? [];
    const shown = [...cell.node.querySelectorAll('.jp-OutputArea-output')];
    return {
      id: cell.model.id,
      runs: cell.model.executionCount ?? 0,
      errors: outputs.filter(output => output.output_type === 'error')
        .map(output => `${output.ename}: ${output.evalue}`),
      texts: shown.map(textOf),
      cards: cell.node.querySelectorAll('.course-card').length,
      buttons: [...cell.node.querySelectorAll('button.jupyter-button')].map(textOf),
      diagrams: diagramsIn(cell),
      drawn: drawnIn(cell),
    };
  }

  const look = () => panel().content.widgets.map(lookAt);

  // A long notebook is drawn bit by bit, diagrams and buttons some time after their cell has run.
  const settled = () => panel().content.widgets.every(cell => !cell.isPlaceholder()
    && drawnIn(cell) >= diagramsIn(cell)
    && !cell.outputArea?.node.textContent.includes('Loading widget'));

  // What comes in sight is laid out and moves what is below it: again until it stays.
  async function scrollToOutput(id) {
    const node = cellOf(id).outputArea.node;
    for (let last = NaN, top; (top = node.getBoundingClientRect().top) !== last; last = top) {
      node.scrollIntoView({block: 'start'});
      await new Promise(resolve => setTimeout(resolve, 300));
    }
  }

  async function reopen() {
    const path = panel().context.path;
    panel().dispose();
    await app().commands.execute('docmanager:open', {path});
  }

  const running = () => panel().content.widgets
    .filter(cell => cell.model.executionState === 'running').map(cell => cell.model.id);

  function select(id) {
    const notebook = panel().content;
    notebook.activeCellIndex = notebook.widgets.indexOf(cellOf(id));
    notebook.mode = 'command';
    notebook.activate();
  }

  const focused = () => {
    const at = document.activeElement;
    const cell = panel().content.widgets.find(each => each.node.contains(at));
    return {cell: cell?.model.id ?? null, text: at.textContent.trim(), tag: at.tagName};
  };

  return {
    ready,
    reopen,
    look,
    settled,
    running,
    scrollToOutput,
    select,
    focused,
    index: id => panel().content.widgets.indexOf(cellOf(id)),
    command: (name, args) => app().commands.execute(name, args),
    endKernel: () => panel().sessionContext.shutdown(),
    height: () => scroller().querySelector('.jp-WindowedPanel-inner').offsetHeight,
    top: () => { scroller().scrollTop = 0; },
  };
})();
