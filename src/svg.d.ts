declare module '*.svg' {
  const source: string;
  export default source;
}

declare module '*/package.json' {
  const packageData: { version: string };
  export default packageData;
}
