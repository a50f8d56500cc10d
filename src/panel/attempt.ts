import { Notification } from '@jupyterlab/apputils';
import { asProblem, asSentence } from '../api/problem';

/** Do what a person asked for; if it fails, say why in a notification and return undefined. */
export async function attempt<T>(
  work: () => Promise<T>
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    Notification.error(asSentence(asProblem(error)), { autoClose: 8000 });
    return undefined;
  }
}
