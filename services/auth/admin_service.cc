#include "services/auth/admin_service.h"

namespace tokenforge::auth {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

Reactor* AdminService::ListSigningKeys(Context* context, const v1::ListSigningKeysRequest* request,
                                       v1::ListSigningKeysResponse* response) {
  return rpc::Serve(context,
                    auth::ListSigningKeys(keys_, rpc::ServerCall(*context), request, response));
}

Reactor* AdminService::RotateSigningKey(Context* context,
                                        const v1::RotateSigningKeyRequest* request,
                                        v1::RotateSigningKeyResponse* response) {
  return rpc::Serve(context, auth::RotateSigningKey(keys_, Origin(*context, facade_.proxies),
                                                    CallerOf(*context), request, response));
}

Reactor* AdminService::RevokeSigningKey(Context* context,
                                        const v1::RevokeSigningKeyRequest* request,
                                        v1::RevokeSigningKeyResponse* response) {
  return rpc::Serve(context, auth::RevokeSigningKey(keys_, Origin(*context, facade_.proxies),
                                                    CallerOf(*context), request, response));
}

Reactor* AdminService::RevokeAllSigningKeys(Context* context,
                                            const v1::RevokeAllSigningKeysRequest* request,
                                            v1::RevokeAllSigningKeysResponse* response) {
  return rpc::Serve(context, auth::RevokeAllSigningKeys(keys_, Origin(*context, facade_.proxies),
                                                        CallerOf(*context), request, response));
}

Reactor* AdminService::ListAuditEvents(Context* context, const v1::ListAuditEventsRequest* request,
                                       v1::ListAuditEventsResponse* response) {
  return rpc::Serve(context, auth::ListAuditEvents(facade_, Origin(*context, facade_.proxies),
                                                   CallerOf(*context), request, response));
}

}  // namespace tokenforge::auth
