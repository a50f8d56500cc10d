import type { Lineage, LineageNode } from '../../api/types';
import { CommandIDs } from '../../commands';
import { layOut } from '../lineage';
import { commandOf, shortLabel } from '../lineageView';

function aNode(id: string, given: Partial<LineageNode> = {}): LineageNode {
  return { id, kind: 'data', label: id, facts: {}, ...given };
}

function aGraph(...ways: [string, string][]): Lineage {
  const ids = new Set(ways.flat());
  return {
    nodes: [...ids].map(id => aNode(id)),
    edges: ways.map(([from, to]) => ({ from, to, label: 'made' }))
  };
}

function columnsOf(lineage: Lineage): Record<string, number> {
  const { nodes } = layOut(lineage);
  const xs = [...new Set(nodes.map(({ x }) => x))].sort((a, b) => a - b);
  return Object.fromEntries(
    nodes.map(({ node, x }) => [node.id, xs.indexOf(x)])
  );
}

describe('layOut', () => {
  it('puts everything right of what leads to it', () => {
    const columns = columnsOf(
      aGraph(
        ['data', 'cell'],
        ['cell', 'run'],
        ['run', 'version'],
        ['data', 'run']
      )
    );
    expect(columns).toEqual({ data: 0, cell: 1, run: 2, version: 3 });
  });

  it('puts what nothing leads to beside what it leads to', () => {
    const columns = columnsOf(
      aGraph(['notebook', 'run'], ['run', 'version'], ['gate', 'version'])
    );
    expect(columns.gate).toBe(columns.run);
  });

  it('lets no two nodes cover each other, and none stand outside', () => {
    const { nodes, width, height } = layOut(
      aGraph(['a', 'v'], ['b', 'v'], ['c', 'v'], ['v', 'w'])
    );
    expect(new Set(nodes.map(({ x, y }) => `${x} ${y}`)).size).toBe(5);
    for (const { x, y } of nodes) {
      expect(x >= 0 && x < width && y >= 0 && y < height).toBe(true);
    }
  });

  it('ends although there is a circle, and leaves out edges to nowhere', () => {
    const lineage = aGraph(['a', 'b'], ['b', 'a']);
    lineage.edges.push({ from: 'a', to: 'gone', label: '' });
    const { nodes, edges } = layOut(lineage);
    expect([nodes.length, edges.length]).toEqual([2, 2]);
  });

  it('draws nothing of nothing', () => {
    expect(layOut({ nodes: [], edges: [] }).nodes).toEqual([]);
  });
});

describe('commandOf', () => {
  it.each([
    [{ run_id: 'r1' }, [CommandIDs.showRun, { run: 'r1' }]],
    [
      { notebook: 'a.ipynb', cell_id: 'c1' },
      [CommandIDs.fixCell, { path: 'a.ipynb', cell: 'c1' }]
    ],
    [
      { notebook: 'a.ipynb', cell_id: null },
      [CommandIDs.openNotebook, { path: 'a.ipynb' }]
    ],
    [{ model: 'm' }, [CommandIDs.openModel, { name: 'm' }]],
    [null, null]
  ])('opens %j', (target, command) => {
    expect(commandOf(aNode('x', { target }))).toEqual(command);
  });
});

test.each([
  [
    'version',
    'breast cancer 2 12 (champion, candidate)',
    '12 (champion, candidate)'
  ],
  ['version', 'churn 3', '3'],
  ['notebook', 'projects/churn/train.ipynb', 'train.ipynb'],
  ['gate', 'metric: passed', 'metric: passed']
] as const)('a %s “%s” is shown as “%s”', (kind, label, shown) => {
  expect(shortLabel(aNode('x', { kind, label }))).toBe(shown);
});
