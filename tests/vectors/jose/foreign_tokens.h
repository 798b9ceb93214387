// Keys and tokens that nothing of TokenForge made: keys and signatures by the openssl program, the rest by Python's json
// and base64. The headers have another member order and white space than ours, ES256's claims escape what is not ASCII, and
// every token holds a claim that nobody knows. Valid at 1800000000; throw-away keys, used nowhere.
#pragma once

// clang-format off

namespace tokenforge::vectors {

struct ForeignToken {
  const char* alg;
  const char* jwk;
  const char* token;
  const char* pkcs8;  // base64url
};

inline constexpr ForeignToken kForeignTokens[] = {
{"RS256",
    "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"2uJiQI2jIAGiqhmcpAoowwrCjNXC0w7bSrAeH5XB3I51uGdssz9Jxu3wf1fwtGgHmU9"
    "Ce-m1e9IdUvgW94VxGI1esRwycBXprCS4kwjJBMNONkUXiEnjlsjORzRB_AGHcgtovekTIs-52pKo9sCjdhgQuzgZluj2uyU"
    "qXFYgY2qaHWHv_m8HLZTcWm2ggVlkBcV_FtpGDM17ZNTruN7WqT9RfJ4HYoTb6Rf5a0G9HVfM56DfEIaAmmZoav0hb6kCAYr"
    "4AGaM9WnJt00e8W55BydmsEiJprrLwPQgIAa5ru_HcrUjvBTOmMJjVvQlzbR8_ByGRzR8M-kUH2QlI_BCZw\",\"kid\":\"PYHs"
    "nzoPYpFOYSOJWPlzcCH4yjAI-KxV62UvgRL87ts\",\"alg\":\"RS256\",\"use\":\"sig\"}",
    "ewogInR5cCI6ICJhcHBsaWNhdGlvbi9hdCtqd3QiLAogImtpZCI6ICJQWUhzbnpvUFlwRk9ZU09KV1BsemNDSDR5akFJLUt4"
    "VjYyVXZnUkw4N3RzIiwKICJhbGciOiAiUlMyNTYiCn0.ewogImlzcyI6ICJodHRwczovL2lzc3Vlci5leGFtcGxlIiwKICJz"
    "dWIiOiAiNWJhNTUyZDYtN2M3Yy00ZDFmLThhMGUtMmI2YTlhM2MxZDEwIiwKICJhdWQiOiBbCiAgInRva2VuZm9yZ2UiLAog"
    "ICJvdGhlciIKIF0sCiAiZXhwIjogMTgwMDAwMDkwMCwKICJpYXQiOiAxODAwMDAwMDAwLAogIm5iZiI6IDE4MDAwMDAwMDAs"
    "CiAianRpIjogIjBkM2M4ZjBlLTdiMzYtNGY2Zi05ZDBlLTZhM2E3Y2U3YzBhYSIsCiAic2lkIjogImQ4YTNiMWFhLTZlMGYt"
    "NGQyYy05ZjZiLTFmNmQ5ZjNmOGM1NSIsCiAiY2xpZW50X2lkIjogInNwaWZmZTovL3Rva2VuZm9yZ2UubG9jYWwvYXBwIiwK"
    "ICJyb2xlcyI6IFsKICAidXNlciIsCiAgImFkbWluIgogXSwKICJzY29wZSI6ICJub3Rlcy5yZWFkIG5vdGVzLndyaXRlIiwK"
    "ICJlbWFpbCI6ICJ6b8OrQGV4YW1wbGUub3JnIiwKICJhdXRoX3RpbWUiOiAxNzk5OTk5OTkwLAogImFtciI6IFsKICAicHdk"
    "IiwKICAib3RwIgogXSwKICJ1bmtub3duIjogewogICJuZXN0ZWQiOiBbCiAgIDEsCiAgIDIsCiAgIHsKICAgICJhIjogbnVs"
    "bAogICB9CiAgXQogfQp9.pMDTUgHKr26YDgoPKSUYWwjWHVorE8TJumVEGdbYK2jz7oXRjFQetfgpTHryicT39GpxsITGwmr"
    "wQVKErtA9iHooNNCQThuATHGpNzy8tt-_vAOO8QgBaxhrYNYDuClXnE_0YPhJa3H43hTbg6AmJ_Yl6JDdCBQ4827Q0LT69iZ"
    "h__x17R6SMw-h2vAfq7ef1DiYOxL4oeShEjce7J-gro20Y7iiiTCS4aieHgfApEhEiYNWAzuB_9-j1Edj3kGxtkc1Z1Hu-Pa"
    "RduwojfwlEL4fGPQ_1nL2itpKx4MRL71EMMx2szxj5i4Fv6Co-w0zxpSgrQQKRjYcbxQAWLnI9Q",
    "MIIEuwIBADANBgkqhkiG9w0BAQEFAASCBKUwggShAgEAAoIBAQDa4mJAjaMgAaKqGZykCijDCsKM1cLTDttKsB4flcHcjnW4"
    "Z2yzP0nG7fB_V_C0aAeZT0J76bV70h1S-Bb3hXEYjV6xHDJwFemsJLiTCMkEw042RReISeOWyM5HNEH8AYdyC2i96RMiz7na"
    "kqj2wKN2GBC7OBmW6Pa7JSpcViBjapodYe_-bwctlNxabaCBWWQFxX8W2kYMzXtk1Ou43tapP1F8ngdihNvpF_lrQb0dV8zn"
    "oN8QhoCaZmhq_SFvqQIBivgAZoz1acm3TR7xbnkHJ2awSImmusvA9CAgBrmu78dytSO8FM6YwmNW9CXNtHz8HIZHNHwz6RQf"
    "ZCUj8EJnAgMBAAECgf8JSdfhiE-1Ri3yZwyQGAzRUVIevyIFXnkeYM9Dh90yLWUXS0xF8emYTVIKQ-tEdsiV8xiNtTpPzKZx"
    "6omamkk9-6qJCBIEmF3SKnbwgJHYrYhSrfkAOFEHZn4UnrpcpeKCReJmLLgL5QqVR4y1d46PgAGS2QjImNRrM-5eFAPANDG_"
    "uAXiCqT23SdksC45u87S46d__1IKDlVRgyuC3nJyI5brZ514uYGp9ynITB9PgRe6dOYqpPZQDDWmV6uVtZE5qN-UxVf-OxuL"
    "BMc-zK_WSVmsvXcY4w6DNurT_xXA9QZssoDUJxC93ldRK_mKRwZC0gpxVJ1_OWssa7b3TAUCgYEA_Iv46i4RKOoos63SSO9T"
    "Nm2s65C2Z-AVFGv9LDlxruLQZZVP-LvR2dudzOSQ9eCEaSdC5HHOz2T6WOXOKkCobAO-V_Lco9ILkJjZY-tdXCljembuskiw"
    "auWeA7amZZr6UWL9CeDFWpVug-5rYBqV9nPiAIJ7sqCFXf7eRNgs_GUCgYEA3eCT40fiCxyqtm3rAcVRcMsl8kAoGUt7Izy_"
    "YtMhBIH-sK6rf-RQ-wnaXU_ryx8QlOXD8lxarwHGlQrrcN04_Di4F7Ng1hB4xWiZJUWSLO1jZBgXWIXxVDqz4ZDmIB_R-FAa"
    "NAWyWZV8xIqB5R_JdHzjE2H_MC9FkOdAvovBeNsCgYEAn7VRC59oYKx8Yuyo0FDxGbmQIkSY5eXyzsBgEeid-RAc5DDhqxXz"
    "5scY6usctTFv6yPWDKvgMo3UOAXUNCpBmFVhuTKvz7XUdHQE_kho-RB_hXe0ufB4CJH_NK_8WMMCTBfCl82aYOehRTOwmc0W"
    "Sw4LvXDHEzaqQMAeBgGDqXUCgYBIjUUOjtTVeVxBJxQvkgwda_BOlLgH_WyYiyax9APZ64AS2iruOQRZ8lDbLmUWGGRdq_w0"
    "5gopK9V5qwZt84jMwOdBqMBDf0NemeNqEqPH2SAk_NO1eKb_OerUGYOGgaExJ1BKLoqxTHZt9jSfbZN8adH-5o6BfROsXFIJ"
    "fL2Y_QKBgHFmhHSjJ1WREWHMFWRiujMq6s9xpHuTaOPbch9x0x7p_pZxGkW7aVPYE2gaWQajthLkhA9EUmQBcy_EriUvdAQx"
    "tmexXCIGOhey6oSiRI5CZCXeLhwqeRNVA6rFUzOwI4HZaNUnFc8I_trLpodQ92yg3VxQCskNTa6xJN66xKKZ"},
{"ES256",
    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"AldgownQLYLBFfkN8D7kB7m_efBquWx8OFC8xQMxP5Y\",\"y\":\"Jyp8tsa9pCe3dnq"
    "_VvJKlPqu4mztW-on_WKOw4pSLsA\",\"kid\":\"JFWHeXHv3INMQ7H3XkJpY993xQV-JnHFEh4JzODqsNY\",\"alg\":\"ES256\","
    "\"use\":\"sig\"}",
    "ewogInR5cCI6ICJhcHBsaWNhdGlvbi9hdCtqd3QiLAogImtpZCI6ICJKRldIZVhIdjNJTk1RN0gzWGtKcFk5OTN4UVYtSm5I"
    "RkVoNEp6T0Rxc05ZIiwKICJhbGciOiAiRVMyNTYiCn0.ewogImlzcyI6ICJodHRwczovL2lzc3Vlci5leGFtcGxlIiwKICJz"
    "dWIiOiAiNWJhNTUyZDYtN2M3Yy00ZDFmLThhMGUtMmI2YTlhM2MxZDEwIiwKICJhdWQiOiBbCiAgInRva2VuZm9yZ2UiLAog"
    "ICJvdGhlciIKIF0sCiAiZXhwIjogMTgwMDAwMDkwMCwKICJpYXQiOiAxODAwMDAwMDAwLAogIm5iZiI6IDE4MDAwMDAwMDAs"
    "CiAianRpIjogIjBkM2M4ZjBlLTdiMzYtNGY2Zi05ZDBlLTZhM2E3Y2U3YzBhYSIsCiAic2lkIjogImQ4YTNiMWFhLTZlMGYt"
    "NGQyYy05ZjZiLTFmNmQ5ZjNmOGM1NSIsCiAiY2xpZW50X2lkIjogInNwaWZmZTovL3Rva2VuZm9yZ2UubG9jYWwvYXBwIiwK"
    "ICJyb2xlcyI6IFsKICAidXNlciIsCiAgImFkbWluIgogXSwKICJzY29wZSI6ICJub3Rlcy5yZWFkIG5vdGVzLndyaXRlIiwK"
    "ICJlbWFpbCI6ICJ6b1x1MDBlYkBleGFtcGxlLm9yZyIsCiAiYXV0aF90aW1lIjogMTc5OTk5OTk5MCwKICJhbXIiOiBbCiAg"
    "InB3ZCIsCiAgIm90cCIKIF0sCiAidW5rbm93biI6IHsKICAibmVzdGVkIjogWwogICAxLAogICAyLAogICB7CiAgICAiYSI6"
    "IG51bGwKICAgfQogIF0KIH0KfQ.JcsL8ROBnCkNKPdMTYi73ku9z5Rg-ryebgvQ5GiBxlzpWDJyNjwNGUhqcNDpvSV3x59GS"
    "rUbwS-vyiQrduH8Aw",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJmT7hQT7eBfdLZZC808QZYz_NVtcCefPxp2Aa-5inaihRANC"
    "AAQCV2CjCdAtgsEV-Q3wPuQHub958Gq5bHw4ULzFAzE_licqfLbGvaQnt3Z6v1bySpT6ruJs7VvqJ_1ijsOKUi7A"},
{"EdDSA",
    "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"XHEnCATYluPwRWoa0XQJQ4q5ZlNdbAH9PATPkXrZlk8\",\"kid\":\"DQBSwUojZf"
    "_09JCNL9bxou0Is2RHupMJQ3cv3seolWk\",\"alg\":\"EdDSA\",\"use\":\"sig\"}",
    "ewogInR5cCI6ICJhcHBsaWNhdGlvbi9hdCtqd3QiLAogImtpZCI6ICJEUUJTd1VvalpmXzA5SkNOTDlieG91MElzMlJIdXBN"
    "SlEzY3Yzc2VvbFdrIiwKICJhbGciOiAiRWREU0EiCn0.ewogImlzcyI6ICJodHRwczovL2lzc3Vlci5leGFtcGxlIiwKICJz"
    "dWIiOiAiNWJhNTUyZDYtN2M3Yy00ZDFmLThhMGUtMmI2YTlhM2MxZDEwIiwKICJhdWQiOiBbCiAgInRva2VuZm9yZ2UiLAog"
    "ICJvdGhlciIKIF0sCiAiZXhwIjogMTgwMDAwMDkwMCwKICJpYXQiOiAxODAwMDAwMDAwLAogIm5iZiI6IDE4MDAwMDAwMDAs"
    "CiAianRpIjogIjBkM2M4ZjBlLTdiMzYtNGY2Zi05ZDBlLTZhM2E3Y2U3YzBhYSIsCiAic2lkIjogImQ4YTNiMWFhLTZlMGYt"
    "NGQyYy05ZjZiLTFmNmQ5ZjNmOGM1NSIsCiAiY2xpZW50X2lkIjogInNwaWZmZTovL3Rva2VuZm9yZ2UubG9jYWwvYXBwIiwK"
    "ICJyb2xlcyI6IFsKICAidXNlciIsCiAgImFkbWluIgogXSwKICJzY29wZSI6ICJub3Rlcy5yZWFkIG5vdGVzLndyaXRlIiwK"
    "ICJlbWFpbCI6ICJ6b8OrQGV4YW1wbGUub3JnIiwKICJhdXRoX3RpbWUiOiAxNzk5OTk5OTkwLAogImFtciI6IFsKICAicHdk"
    "IiwKICAib3RwIgogXSwKICJ1bmtub3duIjogewogICJuZXN0ZWQiOiBbCiAgIDEsCiAgIDIsCiAgIHsKICAgICJhIjogbnVs"
    "bAogICB9CiAgXQogfQp9.2GsXaRRJgcdK7jbUUiiRQTkJ9VT9A0p93-eyCcUYZc3WSGyZdHtVyzHqGbMfaG5QlYzKtg-mz5b"
    "wAVj0jQS6Cg",
    "MC4CAQAwBQYDK2VwBCIEIB2VAbuB9gVRu45vVOYJLwOXqNRhQBq_wKlHiZWxSyqF"},
};

// Refused: a modulus of 1024 bits, and PKCS #8 keys of 1024 bits, on P-384 and of X25519; base64url.
inline constexpr char kRsa1024Modulus[] =
    "2hGk3gn0pq1rGRqFoqcc8CPhaX1mmyyAZDJh4er111SPk3w9QNMsvsnDVRdaZ1wQ5PnuoA3jqO-Bf4R3jHNkpC3X5OLndHW7"
    "oMp4ik1STlAcPrEAJ33lQGiZCfkkUl41BGkf-XWFik_KZdyjTS1ikR5mLCtYGkXoSznGA8gKFeE";
inline constexpr char kRsa1024Pkcs8[] =
    "MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBANoRpN4J9KataxkahaKnHPAj4Wl9ZpssgGQyYeHq9ddUj5N8"
    "PUDTLL7Jw1UXWmdcEOT57qAN46jvgX-Ed4xzZKQt1-Ti53R1u6DKeIpNUk5QHD6xACd95UBomQn5JFJeNQRpH_l1hYpPymXc"
    "o00tYpEeZiwrWBpF6Es5xgPIChXhAgMBAAECgYAZwe3EYE6qhV9aFrzkKnMLlmFgsXQ2Lfp4W08efT9OkOlolUsy5f6qBnDx"
    "ExIVlVVVhoP-GcXjRW75Xe81AshHOEekAjR61qcHUWLLOmAWletY0dW8MGpFZ90NqTMZH7ipwJnSzoq5glIKy3HhBZSxVeZ5"
    "K62cKAVKKMOWRcvR9QJBAPwrL-twKSV38lUEuiTLXT0pJtwD78lwIQDdA-hbjK-onoRWdaovDXGqrnxssZwVaFnebi88QtdJ"
    "pqWoy4hUc4cCQQDdYdNMLUfWNHhO9FamrmVzDh7WQbLBgVToulpSPTQLavsiA9aGZqhaplfaBfp3FfeSbzwDGAs7pJ9q8xYj"
    "7VVXAkBH9NbmuwmyvGh1JDUtvK4tfqmtDJ6G_60bPvYXftBFa7tYDgfjeSu_7LF_pdCEtoMhadxNNEfqgQTBrsntbBPPAkB_"
    "CDFdFuaPzc_zTlWik5P3L3UWcOCIFRSJ7tUBN8lze9HbNOSWfrXAPo9OtfuA9gP37Qg8pkFb2hz4G8DqoLdFAkB_xPF9PnAM"
    "qRQIs5Y93oZZEtjbC0DpuNnhpPWznUEaj5cQY8zL1FbRruEqqCtwkU3Ums9EOvZHnop-4vpqueqh";
inline constexpr char kP384Pkcs8[] =
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBuzvXLLvJpzWibXlw9mp3rFZ9oD-seE3vR_I4-1zX_eXfMeNPM"
    "JogOeY2brqNYkE2hZANiAASaSSUox0uhI6fjkPCs1ZuzFSma_qig1dR0S01weAvvS6zthmiXRR_fS7P_j_ImLEhb8xjsw7jx"
    "gRhaJ_xbLn_wL6tDs0JmwwC3-n77L8G4LorcCJfamMRaDQAbjFb8Nwk";
inline constexpr char kX25519Pkcs8[] =
    "MC4CAQAwBQYDK2VuBCIEIEAEZrwi99uErky4ib7qGdJl3abqwTufUKaCll64opN_";

}  // namespace tokenforge::vectors
