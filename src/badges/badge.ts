import { staleIcon } from '../icons';
import type { IBadgeFacts } from './facts';

/** A badge's element; `null` facts make it vanish. It is part of no layout, so no cell changes its height. */
export function renderBadge(
  node: HTMLElement,
  facts: IBadgeFacts | null
): void {
  const told = facts === null ? '' : facts.sentences;
  if (node.title === told) {
    return; // nothing new: leave the page alone
  }
  node.title = told;
  node.hidden = facts === null;
  node.replaceChildren();
  if (facts === null) {
    node.removeAttribute('aria-label');
    return;
  }
  node.setAttribute('aria-label', facts.sentences.replace(/\n/g, ' '));
  node.dataset.stale = String(facts.isStale);
  if (facts.isStale) {
    const mark = document.createElement('span');
    mark.className = 'jp-Mlops-cellBadgeMark';
    staleIcon.element({ container: mark });
    node.append(mark);
  }
  for (const kind of ['duration', 'slower', 'memory'] as const) {
    if (facts[kind] !== null) {
      node.append(part(kind, facts[kind]));
    }
  }
}

export function makeBadge(): HTMLElement {
  const node = document.createElement('div');
  node.className = 'jp-Mlops-cellBadge';
  node.setAttribute('role', 'img');
  node.hidden = true;
  return node;
}

function part(kind: string, text: string): HTMLElement {
  const span = document.createElement('span');
  span.dataset.fact = kind;
  span.textContent = text;
  return span;
}
