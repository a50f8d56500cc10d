import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { CommandRegistry } from '@lumino/commands';
import type { ModelPageModel } from './model';

/** What each part of a model's page is given. */
export interface IPageProps {
  model: ModelPageModel;
  commands: CommandRegistry;
  rendermime: IRenderMimeRegistry;
}
