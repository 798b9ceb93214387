// Hashes of one password, made by programs that TokenForge did not write, at the smallest costs.
#pragma once

#include <string_view>

namespace tokenforge::users {

inline constexpr std::string_view kForeignPassword = "correct horse battery";

struct ForeignHash {
  std::string_view made_by;
  std::string_view text;
};

inline constexpr ForeignHash kForeignHashes[] = {
    {"passlib, bcrypt 2a", "$2a$04$cMg6Mdq3TbEc1kRQLWZnAugjONeaFMax6N/YLhZrBA/vXZ.kUrfYG"},
    {"passlib, bcrypt 2b", "$2b$04$sqtuJpHtGlCsEqxe3KZCmeXjUO71ZmPjz2s1G3Q3s2hmdwAq27rxy"},
    {"passlib, bcrypt 2y", "$2y$04$w.puSusizuJvsLlduyd5LeIQAdJ/Zrw2nOuQO.ztLus8jAd28rfAO"},
    {"python bcrypt", "$2b$04$FC9VpZ60qz6wqDkHowbP6OrpZzJGjEgy.HUZ3XtjKPLAH6Ojc2w7e"},
    {"argon2-cffi, id, one lane",
     "$argon2id$v=19$m=256,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"
     "xxArdw3Akq5V2N0rZWC8lI9HHv4WAP1K35tFPV7mCL4"},
    {"argon2-cffi, id, four lanes",
     "$argon2id$v=19$m=256,t=2,p=4$MDEyMzQ1Njc4OWFiY2RlZg$YaEcLcJZxetst3Hg52Olu5/Qzw8s6gSiv6+oQUGe/"
     "yg"},
    {"argon2-cffi, i, one lane",
     "$argon2i$v=19$m=256,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$4lO416/"
     "5Q4EnMhAPpnijZGINpQ+bpU7xKdpekEjP5pg"},
    {"argon2-cffi, i, one pass, two lanes",
     "$argon2i$v=19$m=256,t=1,p=2$c2FsdHNhbHQ$4xYWK5OAc6ewH9Wow0LX8KpMIOzokuD1lpU2a0ts9MA"},
    {"argon2-cffi, id, version 1.0",
     "$argon2id$v=16$m=128,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Glvtgq/"
     "jlPhrDlJbh106vElSZErFBS70Be43Evw80IU"},
    {"the same, version left out",
     "$argon2id$m=128,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Glvtgq/jlPhrDlJbh106vElSZErFBS70Be43Evw80IU"},
    {"argon2-cffi, id, eight bytes of salt",
     "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$6G6Bag8cdVlCN8BZ68Srt3JhU/4cuDI94n7Gi6oW6Vo"},
    {"passlib, scrypt",
     "$scrypt$ln=10,r=8,p=1$R8iZU8oZY2wtpTSG8L5XSg$l56kMOsWPg/KCO5o+xJWOwm4tQGRXZYTGtW9lYFRbIc"},
    {"passlib, scrypt 7",
     "$7$86..../....DgGA0DqHUArBuHcu5fx/rw$hJWCB4Mn9ABhGMcBMEETDgzHFBb4we0X.ev8IwLgxx."},
    {"libxcrypt, scrypt 7, p is 3",
     "$7$56....1....saltysalt$APEQdTVo4qQ64wabrF4lBtEh7Dl0v.C182mzMp/J3Q0"},
    {"libxcrypt, scrypt 7", "$7$86..../....0123456789ab$QuXKV1Zvr1SZoFewkNapdObY6wD..qq0ijhY3gdnc5/"},
    {"passlib, PBKDF2-SHA256",
     "$pbkdf2-sha256$1200$vJdyjvH.X0vJ2XsPYayVcg$hp3ikTZHMapri0StJEHKKObyOa0iMOENhFvLDFoVQt8"},
    {"passlib, PBKDF2-SHA512",
     "$pbkdf2-sha512$1200$FULoPYewNgYAQIhRKsW4Fw$V/"
     "SYUitQh4qPwLV.CpgHi.lj0AKSDyPbigsoaNGSi2xhZAiN3wb9WPv93DK1FcQGWgk5c1PwmC8f9SR3Nx1Yjg"},
    {"passlib, as Django's PBKDF2",
     "pbkdf2_sha256$1200$r5yvx6493frI$4aA+8jIyD1SVWj6/yeCYZ3fGLsw6yv+BCp8PAWGyXKY="},
    {"hashlib, as Django's scrypt",
     "scrypt$c2FsdA12salt$1024$8$1$+/"
     "sJtnQmm1UfZLZue8blLODF0cW71lzCRO4QeAkb5ih6MQB3PHpIit+MUEW+WSfcdzBcJlarcYRZ/z042sNJLw=="},
    {"hashlib, as Werkzeug's scrypt",
     "scrypt:1024:8:1$c2FsdA12salt$"
     "fbfb09b674269b551f64b66e7bc6e52ce0c5d1c5bbd65cc244ee1078091be6287a3100773c7a488adf8c5045be592"
     "7dc77305c2656ab718459ff3d38dac3492f"},
    {"hashlib, as Werkzeug's PBKDF2-SHA256",
     "pbkdf2:sha256:1200$c2FsdA12salt$"
     "221ffabf7cfe49ce3a4aef069b0c36f2776d61e8fbee3ba15bfe6f2e9db0d5e3"},
    {"hashlib, as Werkzeug's PBKDF2-SHA512",
     "pbkdf2:sha512:1200$c2FsdA12salt$"
     "73b4ce9714826bee2387a70ebbfd529624675d6ea07819fd46c50d4abfc1d049a895267b7974f6c25dc7e23125ad1"
     "943b1eedc704915ab64799e6623e7c5e556"},
    {"hashlib, as PHC's PBKDF2-SHA256",
     "$pbkdf2-sha256$i=1200,l=32$AAECAwQFBgcICQoLDA0ODw$"
     "VWv7GkwXJx7zAm0EVDN0S1GXHRg4Up7lJjxYCMst2lk"},
    {"hashlib, as PHC's PBKDF2-SHA512",
     "$pbkdf2-sha512$i=1200$AAECAwQFBgcICQoLDA0ODw$XZncuHaSHzNAj4MmuUcXhm/"
     "pNnXDuDAQ1HUiCv4R5CGW7PFr0pO9+zVK61/dFWln7xxDi6WmEDj5sITVG/MR+Q"},
};

}  // namespace tokenforge::users
