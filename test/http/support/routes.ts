import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { PUBLIC, REQUIRED_SCOPES } from '../../../src/clients/require-scope.decorator';
import type { Scope } from '../../../src/clients/scope';
import type { TestApp } from '../../support/test-app';

export interface Route {
  method: string;
  /** With parameters in braces, as OpenAPI writes them. */
  path: string;
  isPublic: boolean;
  /** What the route declares; undefined when it declares nothing. */
  scopes: Scope[] | undefined;
}

/** Every route of the controllers that the running application has, with what each declares about access. */
export function declaredRoutes({ app }: TestApp): Route[] {
  const reflector = app.get(Reflector);
  const scanner = new MetadataScanner();
  return app
    .get(DiscoveryService, { strict: false })
    .getControllers()
    .flatMap(({ metatype }) => {
      const controller = metatype as new () => object;
      const prototype = controller.prototype as Record<string, () => unknown>;
      return scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name]!;
        const targets = [handler, controller];
        return pathsOf(handler).flatMap((own) =>
          pathsOf(controller).map((prefix) => ({
            method: RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod],
            path: asOpenApi(`/${prefix}/${own}`),
            isPublic: reflector.getAllAndOverride(PUBLIC, targets) === true,
            scopes: reflector.getAllAndOverride<Scope[] | undefined>(REQUIRED_SCOPES, targets),
          })),
        );
      });
    });
}

/** Every route that the running server answers, wherever it comes from, as `GET /v1/jobs/{id}`. */
export function servedRoutes({ app }: TestApp): string[] {
  interface Layer {
    route?: { path: string; methods: Record<string, boolean> };
  }
  const { router } = app.getHttpAdapter().getInstance() as { router: { stack: Layer[] } };
  return router.stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${asOpenApi(route.path)}`),
  );
}

export const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`;

function pathsOf(target: object): string[] {
  const paths = Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined;
  return paths === undefined ? [] : [paths].flat();
}

const asOpenApi = (path: string): string =>
  path
    .replace(/\/+/g, '/')
    .replace(/(.)\/$/, '$1')
    .replace(/:(\w+)/g, '{$1}');
