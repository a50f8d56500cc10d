import type { Kernel, KernelMessage } from '@jupyterlab/services';

export type Reply = KernelMessage.IExecuteReplyMsg['content'];

/** How often a request is repeated that the kernel aborted because a cell before it failed. */
const ATTEMPTS = 3;

/**
 * Ask a kernel without leaving a trace in its history.
 *
 * Returns null when the kernel went away before it answered.
 */
export async function ask(
  kernel: Kernel.IKernelConnection,
  code: string,
  user_expressions: Record<string, string> = {}
): Promise<Reply | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const reply = await request(kernel, code, user_expressions);
    if ((reply?.status as string) !== 'aborted') {
      return reply;
    }
  }
  return null;
}

/** The text of an expression that was asked for, or null when it could not be had. */
export function valueOf(reply: Reply | null, name: string): string | null {
  if (reply?.status !== 'ok') {
    return null;
  }
  const answer = reply.user_expressions?.[name] as
    { data?: Record<string, string> } | undefined;
  return answer?.data?.['text/plain'] ?? null;
}

/** Only the reply is waited for: just after a restart, what comes on the other channel may be lost. */
function request(
  kernel: Kernel.IKernelConnection,
  code: string,
  user_expressions: Record<string, string>
): Promise<Reply | null> {
  return new Promise(resolve => {
    try {
      const future = kernel.requestExecute({
        code,
        user_expressions,
        silent: true,
        store_history: false,
        stop_on_error: false
      });
      future.onReply = ({ content }) => resolve(content);
      future.done.catch(() => resolve(null)); // restarted or closed
    } catch {
      resolve(null); // dead
    }
  });
}
