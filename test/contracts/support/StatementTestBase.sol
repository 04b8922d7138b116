// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {NamedAttester} from "../../../contracts/interfaces/IAttesterQuorum.sol";
import {EnvironmentRegistration} from "../../../contracts/interfaces/IEnvironmentRegistry.sol";
import {EnvironmentId} from "../../../contracts/types/Ids.sol";
import {EnvironmentStatement} from "../../../contracts/verifiers/EnvironmentStatement.sol";
import {keylessRegistration} from "./Registrations.sol";
import {TestBase} from "./TestBase.sol";

/// @notice Attesters by their keys, and what they sign. The i-th attester is the one with the i-th lowest address of all.
abstract contract StatementTestBase is TestBase {
    uint48 internal constant NOW = 1_800_000_000;
    uint48 internal constant DEADLINE = NOW + 1_000;
    uint48 internal constant FAR = 4_000_000_000;
    EnvironmentId internal constant ID = EnvironmentId.wrap("environment");
    uint256 private constant KEYS = 33;

    uint256[] private _keys;

    constructor() {
        for (uint256 i = 0; i < KEYS; ++i) {
            uint256 key = uint256(keccak256(abi.encode("attester", i)));
            _keys.push(key);
            for (uint256 j = i; j > 0 && vm.addr(_keys[j - 1]) > vm.addr(key); --j) {
                (_keys[j - 1], _keys[j]) = (key, _keys[j - 1]);
            }
        }
    }

    function _key(uint256 i) internal view returns (uint256) {
        return _keys[i];
    }

    function _account(uint256 i) internal view returns (address) {
        return vm.addr(_keys[i]);
    }

    function _keyed(uint256 count) internal view returns (NamedAttester[] memory named) {
        named = new NamedAttester[](count);
        for (uint256 i = 0; i < count; ++i) named[i] = NamedAttester(_account(i), bytes32(i + 1));
    }

    function _signed(
        EnvironmentStatement verifier,
        uint256 i,
        EnvironmentId id,
        uint48 validUntil,
        uint48 deadline
    ) internal view returns (bytes memory) {
        return sign(_keys[i], verifier.statementDigest(id, validUntil, deadline));
    }

    function _packed(uint256 i, uint48 deadline, bytes memory signature) internal view returns (bytes memory) {
        return _packedOf(_account(i), deadline, signature);
    }

    function _packedOf(address attester, uint48 deadline, bytes memory signature) internal pure returns (bytes memory) {
        return abi.encodePacked(attester, deadline, uint16(signature.length), signature);
    }

    function _partOf(
        EnvironmentStatement verifier,
        uint256 i,
        EnvironmentId id,
        uint48 validUntil,
        uint48 deadline
    ) internal view returns (bytes memory) {
        return _packed(i, deadline, _signed(verifier, i, id, validUntil, deadline));
    }

    function _registration() internal pure returns (EnvironmentRegistration memory) {
        return keylessRegistration(IAttestationVerifier(address(0)), FAR);
    }
}
