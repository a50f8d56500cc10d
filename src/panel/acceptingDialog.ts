import { Dialog } from '@jupyterlab/apputils';

const ACCEPT = 1;

/**
 * A dialog that stays open until what it asks for is accepted, or one cancels.
 *
 * A plain dialog closes on its accept button, whatever comes of it. The first button cancels, the
 * second accepts.
 */
export class AcceptingDialog extends Dialog<void> {
  constructor(
    options: Partial<Dialog.IOptions<void>> & {
      /** Try it; resolves to whether it was accepted. */
      accept: () => Promise<boolean>;
    }
  ) {
    super({ defaultButton: ACCEPT, ...options });
    this._try = options.accept;
    this.addClass('jp-Mlops-dialog');
    // Until then the first input is still to get the focus, and what is typed may land in it.
    void this.ready.then(() => this.addClass('jp-mod-ready'));
  }

  override resolve(index: number = ACCEPT): void {
    if (index === ACCEPT) {
      void this._accept();
    } else {
      super.resolve(index);
    }
  }

  /** Keep Enter for what has the focus, and what was typed from a stray click beside the form. */
  override handleEvent(event: Event): void {
    if (isOwnEnter(event)) {
      return;
    }
    const content = this.node.querySelector('.jp-Dialog-content')!;
    if (event.type === 'click' && !content.contains(event.target as Node)) {
      event.stopPropagation();
      event.preventDefault();
      return;
    }
    super.handleEvent(event);
  }

  /** Say anew what the accepting button does, and whether it may be pressed. */
  setAccept(text: string, isEnabled: boolean): void {
    const accept = this.node.querySelector<HTMLButtonElement>('.jp-mod-accept');
    const label = accept?.querySelector('.jp-Dialog-buttonLabel');
    if (accept && label) {
      accept.disabled = !isEnabled;
      label.textContent = text;
      accept.setAttribute('aria-label', text);
    }
  }

  /** Lead to what is wrong. */
  protected focusProblem(): void {
    const input = this.node.querySelector<HTMLElement>('[aria-invalid="true"]');
    input?.focus();
    const notice = this.node.querySelector('.jp-Mlops-notice');
    (input ?? notice)?.scrollIntoView({ block: 'center' });
  }

  private async _accept(): Promise<void> {
    if (this._isAsking) {
      return;
    }
    this._isAsking = true;
    try {
      if (await this._try()) {
        super.resolve(ACCEPT);
      } else {
        requestAnimationFrame(() => this.focusProblem());
      }
    } finally {
      this._isAsking = false;
    }
  }

  private readonly _try: () => Promise<boolean>;
  private _isAsking = false;
}

/** Whether an Enter means something to the element that has the focus. */
function isOwnEnter(event: Event): boolean {
  if (!(event instanceof KeyboardEvent) || event.key !== 'Enter') {
    return false;
  }
  const target = event.target as HTMLElement;
  return target.matches('textarea, select, summary, input[list]');
}
