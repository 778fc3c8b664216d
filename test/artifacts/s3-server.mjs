// An S3-compatible server on a free port of this machine; its folder is the argument.
import S3rver from '@20minutes/s3rver';

const server = new S3rver({
  port: 0,
  address: '127.0.0.1',
  silent: true,
  directory: process.argv[2],
  configureBuckets: [{ name: 'reports' }],
});
const { port } = await server.run();
console.log(`listening on ${port}`);
