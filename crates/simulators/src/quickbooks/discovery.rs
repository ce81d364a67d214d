//! The discovery document, the same for both environments but for its place: every address is this simulator's, and the
//! issuer stays Intuit's own, because clients compare it (quickbooks-online.md §1.2, §1.6).

/// All twelve members in their recorded order.
pub(super) fn document(base: &str) -> String {
    format!(
        "{{\"issuer\":\"https://oauth.platform.intuit.com/op/v1\",\
         \"authorization_endpoint\":\"{base}/connect/oauth2\",\
         \"token_endpoint\":\"{base}/oauth2/v1/tokens/bearer\",\
         \"userinfo_endpoint\":\"{base}/v1/openid_connect/userinfo\",\
         \"revocation_endpoint\":\"{base}/v2/oauth2/tokens/revoke\",\
         \"jwks_uri\":\"{base}/op/v1/jwks\",\
         \"response_types_supported\":[\"code\"],\"subject_types_supported\":[\"public\"],\
         \"id_token_signing_alg_values_supported\":[\"RS256\"],\
         \"scopes_supported\":[\"openid\",\"email\",\"profile\",\"address\",\"phone\"],\
         \"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"client_secret_basic\"],\
         \"claims_supported\":[\"aud\",\"exp\",\"iat\",\"iss\",\"realmid\",\"sub\"]}}"
    )
}
