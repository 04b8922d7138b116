// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {EnvironmentRegistration, KeyType} from "../../../contracts/interfaces/IEnvironmentRegistry.sol";

/// @dev Some registration without a key.
function keylessRegistration(
    IAttestationVerifier verifier,
    uint48 validUntil
) pure returns (EnvironmentRegistration memory) {
    return
        EnvironmentRegistration({
            kind: "none",
            measurement: "measurement",
            keyType: KeyType.None,
            key: "",
            attestationDigest: "attestation",
            validUntil: validUntil,
            verifier: verifier,
            uri: "uri"
        });
}
