import type { Lineage, LineageNode } from '../api/types';

export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 46;
const COLUMN_GAP = 84;
const ROW_GAP = 16;
const MARGIN = 8;

export interface IPlacedNode {
  node: LineageNode;
  x: number;
  y: number;
}

export interface IPlacedEdge {
  key: string;
  label: string;
  /** From the middle of one node's side to the middle of the other's. */
  from: { x: number; y: number };
  to: { x: number; y: number };
}

export interface ILayout {
  nodes: IPlacedNode[];
  edges: IPlacedEdge[];
  width: number;
  height: number;
}

/** A lineage in layers from left to right: each node stands right of all that leads to it. */
export function layOut(lineage: Lineage): ILayout {
  const known = new Set(lineage.nodes.map(({ id }) => id));
  const edges = lineage.edges.filter(
    ({ from, to }) => known.has(from) && known.has(to) && from !== to
  );
  const layers = inOrder(layersOf(lineage.nodes, edges), edges);
  const tallest = Math.max(1, ...layers.map(layer => layer.length));
  const height = 2 * MARGIN + tallest * (NODE_HEIGHT + ROW_GAP) - ROW_GAP;
  const nodes = layers.flatMap((layer, column) => {
    const used = layer.length * (NODE_HEIGHT + ROW_GAP) - ROW_GAP;
    const top = (height - used) / 2;
    return layer.map((node, row) => ({
      node,
      x: MARGIN + column * (NODE_WIDTH + COLUMN_GAP),
      y: top + row * (NODE_HEIGHT + ROW_GAP)
    }));
  });
  const places = new Map(nodes.map(place => [place.node.id, place]));
  return {
    nodes,
    edges: edges.map(({ from, to, label }) => ({
      key: `${from} ${to} ${label}`,
      label,
      from: sideOf(places.get(from)!, NODE_WIDTH),
      to: sideOf(places.get(to)!, 0)
    })),
    width: 2 * MARGIN + layers.length * (NODE_WIDTH + COLUMN_GAP) - COLUMN_GAP,
    height
  };
}

function sideOf({ x, y }: IPlacedNode, offset: number) {
  return { x: x + offset, y: y + NODE_HEIGHT / 2 };
}

type Edges = readonly { from: string; to: string }[];

/** The nodes by the longest way that leads to each; a circle, which should not be, ends somewhere. */
function layersOf(
  nodes: readonly LineageNode[],
  edges: Edges
): LineageNode[][] {
  const depths = new Map(nodes.map(({ id }) => [id, 0]));
  for (let round = 0; round < nodes.length; round++) {
    let hasMoved = false;
    for (const { from, to } of edges) {
      const depth = depths.get(from)! + 1;
      if (depth > depths.get(to)! && depth < nodes.length) {
        depths.set(to, depth);
        hasMoved = true;
      }
    }
    if (!hasMoved) {
      break;
    }
  }
  pullTowardsSuccessors(nodes, edges, depths);
  const layers: LineageNode[][] = [];
  for (const node of nodes) {
    (layers[depths.get(node.id)!] ??= []).push(node);
  }
  return layers.filter(layer => layer !== undefined);
}

/** What nothing leads to stands beside what it leads to, not far away at the left. */
function pullTowardsSuccessors(
  nodes: readonly LineageNode[],
  edges: Edges,
  depths: Map<string, number>
): void {
  for (const { id } of nodes) {
    const next = edges.filter(({ from }) => from === id);
    if (next.length > 0 && !edges.some(({ to }) => to === id)) {
      const nearest = Math.min(...next.map(({ to }) => depths.get(to)!));
      depths.set(id, Math.max(0, nearest - 1));
    }
  }
}

/** Each layer sorted by where its predecessors stand, so that few edges cross. */
function inOrder(layers: LineageNode[][], edges: Edges): LineageNode[][] {
  const rows = new Map<string, number>();
  return layers.map(layer => {
    const weights = new Map(
      layer.map(({ id }, index) => {
        const before = edges
          .filter(({ to }) => to === id)
          .map(({ from }) => rows.get(from))
          .filter((row): row is number => row !== undefined);
        const sum = before.reduce((total, row) => total + row, 0);
        return [id, before.length > 0 ? sum / before.length : index];
      })
    );
    const sorted = [...layer].sort(
      (a, b) => weights.get(a.id)! - weights.get(b.id)!
    );
    sorted.forEach(({ id }, row) =>
      rows.set(id, row - (sorted.length - 1) / 2)
    );
    return sorted;
  });
}
