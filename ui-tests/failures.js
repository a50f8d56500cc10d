/** Says at the very end, in a few lines, what failed at which try and what the panel showed then. */
const COLOURS = /\u001b\[[0-9;]*m/g;
const CHARACTERS = 500;

class Failures {
  constructor() {
    this._failed = [];
  }

  onTestEnd(test, result) {
    if (result.status === 'failed' || result.status === 'timedOut') {
      this._failed.push({ test, result });
    }
  }

  onEnd() {
    for (const { test, result } of this._failed) {
      const { file, line } = result.error?.location ?? test.location;
      const where = `${file.split('/').pop()}:${line}`;
      console.log(`\nTry ${result.retry + 1} of “${test.title}”, ${where}:`);
      console.log(shortened(result.error?.message ?? result.status));
      for (const { name, body } of result.attachments) {
        if (name === 'panel' && body) {
          console.log(`The panel: ${shortened(body.toString())}`);
        }
      }
    }
  }
}

function shortened(text) {
  return text.replace(COLOURS, '').replace(/\s+/g, ' ').slice(0, CHARACTERS);
}

module.exports = Failures;
