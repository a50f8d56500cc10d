import { makeBadge, renderBadge } from '../badge';
import type { IBadgeFacts } from '../facts';

const FACTS: IBadgeFacts = {
  isStale: false,
  duration: '1.3s',
  slower: null,
  memory: null,
  sentences: 'Ran in 1.3s.\nThe kernel held much.'
};

describe('renderBadge', () => {
  it('shows what there is, and says the rest to those who ask', () => {
    const badge = makeBadge();
    renderBadge(badge, { ...FACTS, memory: '2GB' });
    expect(badge.hidden).toBe(false);
    expect([...badge.children].map(part => part.textContent)).toEqual([
      '1.3s',
      '2GB'
    ]);
    expect(badge.title).toBe(FACTS.sentences);
    expect(badge.getAttribute('role')).toBe('img');
    expect(badge.getAttribute('aria-label')).toBe(
      'Ran in 1.3s. The kernel held much.'
    );
  });

  it('marks a stale cell by a sign, not by colour alone', () => {
    const badge = makeBadge();
    renderBadge(badge, { ...FACTS, isStale: true });
    expect(badge.dataset.stale).toBe('true');
    expect(badge.querySelector('.jp-Mlops-cellBadgeMark svg')).not.toBeNull();
  });

  it('touches the page only when there is news', () => {
    const badge = makeBadge();
    renderBadge(badge, FACTS);
    const before = badge.firstChild;
    renderBadge(badge, { ...FACTS });
    expect(badge.firstChild).toBe(before);
    renderBadge(badge, { ...FACTS, sentences: 'Ran in 2s.', duration: '2s' });
    expect(badge.textContent).toBe('2s');
  });

  it('vanishes when its cell has no record any more', () => {
    const badge = makeBadge();
    renderBadge(badge, FACTS);
    renderBadge(badge, null);
    expect(badge.hidden).toBe(true);
    expect(badge.childElementCount).toBe(0);
  });
});
