// An S3-compatible server of this machine. Arguments: its folder, and its port (any free one unless given).
import S3rver from '@20minutes/s3rver';

const server = new S3rver({
  port: Number(process.argv[3] ?? 0),
  address: '127.0.0.1',
  silent: true,
  directory: process.argv[2],
  configureBuckets: [{ name: 'reports' }],
});
const { port } = await server.run();
console.log(`listening on ${port}`);
